# label: mpi; impl: mpich; tasks: 80; nodes: 2
#!/bin/bash
#SBATCH -n 80
#SBATCH -N 2
#SBATCH -o slurm.%N.%j.out
module load mpich-x86_64
mpicc -O2 -o a.out ring.c
srun ./a.out
