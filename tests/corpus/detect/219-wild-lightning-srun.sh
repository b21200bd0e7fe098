# label: collective; impl: -; tasks: 16; nodes: 4
#!/bin/bash
#SBATCH -N 4
#SBATCH --gres=gpu:4
#SBATCH --ntasks-per-node=4
#SBATCH --mem=0
source activate pl
# Lightning sees SLURM and sets up DDP by itself
srun python train.py fit --trainer.num_nodes=4 --trainer.devices=4
