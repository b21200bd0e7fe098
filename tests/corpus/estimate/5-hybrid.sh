#!/bin/bash
# options: --efa=disabled -n 48
#SBATCH -n 32 -c 12 --mem-per-cpu=1G
#SBATCH -t 60 -p aws -C hpc
#SBATCH --nodelist=aws-hpc-1 --frobnicate
export OMP_NUM_THREADS=12
module load intelmpi
mpirun gmx_mpi mdrun -s in.tpr
