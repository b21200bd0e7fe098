# label: gpu; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1 -n 1
#SBATCH --gres=gpu:4
#SBATCH -c 32
module load cuda tensorflow
python train_mirrored.py --strategy mirrored --nccl
