# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
sg proj -c "mpirun -np 128 ./lbm"
