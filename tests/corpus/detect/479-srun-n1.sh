# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 1 -n 1 -c 32
#SBATCH --mem=64G
srun python train.py --epochs 10
