# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 1 --gpus=1
torchrun --standalone --nproc_per_node=1 train.py
