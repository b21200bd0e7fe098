# label: mpi; impl: -; tasks: 32; nodes: 8
#!/bin/bash
#SBATCH --nodes=8
#SBATCH --gres=gpu:4
#SBATCH --ntasks-per-node=4
export NEKRS_HOME=$HOME/.local/nekrs
export NEKRS_GPU_MPI=1
srun --gpu-bind=none $NEKRS_HOME/bin/nekrs --backend CUDA --setup turbPipe
