# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 8
#SBATCH --ntasks-per-node=4
#SBATCH --cpus-per-task=12
export OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK OMP_PLACES=cores
mpirun --bind-to none -x OMP_NUM_THREADS ./hybrid.exe
