# label: collective; impl: -; tasks: 8; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH --gres=gpu:8
#SBATCH -c 64
export OMP_NUM_THREADS=8
torchrun --standalone --nproc_per_node=8 train_gpt2.py
