#!/bin/bash
#SBATCH --job-name=wing
#SBATCH -N 16 --ntasks-per-node=96
#SBATCH --time=4:00:00 -p aws
#SBATCH --output=x.log --mail-type ALL
module load openmpi
srun --mpi=pmix simpleFoam -parallel
