# label: mpi; impl: -; tasks: 16; nodes: 4
#!/bin/bash
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
#SBATCH --gpu-bind=closest
export MPICH_GPU_SUPPORT_ENABLED=1
export CUDA_VISIBLE_DEVICES=0,1,2,3
srun ./lmp -k on g 4 -sf kk -pk kokkos newton on neigh half -in in.snap
