# label: gpu; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --gres=gpu:1
source ~/venv/bin/activate
srun python train.py --amp --batch-size 64
