# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
mpirun -np 64 ./ocean > o.log &
mpirun -np 64 ./atmos > a.log &
wait
