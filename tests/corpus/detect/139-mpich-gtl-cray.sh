# label: mpi; impl: cray; tasks: 64; nodes: 8
#!/bin/bash
#SBATCH -A PRJ001
#SBATCH -N 8
#SBATCH --gpus-per-node=8
#SBATCH --ntasks-per-node=8
module load PrgEnv-cray craype-accel-amd-gfx90a rocm cray-mpich
export MPICH_GPU_SUPPORT_ENABLED=1
srun -c7 --gpus-per-task=1 --gpu-bind=closest ./PeleLMeX3d.hip.MPI.HIP.ex inputs.3d
