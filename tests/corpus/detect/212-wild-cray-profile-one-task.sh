# label: serial; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH --exclusive
#SBATCH --gres=gpu:1
#SBATCH --ntasks-per-node=1
module load PrgEnv-nvidia cuda/12.8
export MPICH_GPU_SUPPORT_ENABLED=1
SOLVER=$(pwd)/solver_mpi_gpu
srun --mpi=cray_shasta --cpu-bind=none ncu -o prof --set full --target-processes all $SOLVER
