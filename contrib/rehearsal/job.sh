#!/bin/bash
#SBATCH --job-name=rehearsal
#SBATCH --ntasks-per-node=2
#SBATCH --time=10
#SBATCH --efa=required
#SBATCH --burst-cost=50
#SBATCH --output=rehearsal.out
# What a researcher would submit: compile an MPI program, run it by both ways into a gang of instances.
set -e
mpicc -O2 -o allreduce allreduce.c
mpirun ./allreduce
srun --mpi=pmix ./allreduce
