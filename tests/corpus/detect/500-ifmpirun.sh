# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
if ! mpirun -np 128 ./lbm; then echo failed; exit 1; fi
