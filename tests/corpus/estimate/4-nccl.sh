#!/bin/bash
#SBATCH --nodes=4 --ntasks-per-node=1 --gres=gpu:a100:8
#SBATCH -p gpu --no-requeue
#SBATCH -t 2:00:00
srun torchrun --nnodes=4 --nproc_per_node=8 --rdzv_backend=c10d train.py
