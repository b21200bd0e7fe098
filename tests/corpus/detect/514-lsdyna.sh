# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
mpirun -np 64 /apps/lsdyna/ls-dyna_mpp_d_R13 i=main.k memory=200m
