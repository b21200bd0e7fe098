# label: array; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH --array=0-23
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --gpus=1
lrs=(1e-4 3e-4 1e-3)
python train.py --lr ${lrs[$((SLURM_ARRAY_TASK_ID % 3))]} --seed $((SLURM_ARRAY_TASK_ID / 3))
