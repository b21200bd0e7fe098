# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 --gres=gpu:8
srun --ntasks-per-node=1 python -m torch.distributed.run --nnodes=$SLURM_NNODES --nproc-per-node=gpu train.py
