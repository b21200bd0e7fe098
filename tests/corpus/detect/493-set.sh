# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
set -- -np 128 --map-by node
mpirun "$@" ./lbm
