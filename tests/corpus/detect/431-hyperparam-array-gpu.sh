# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH --array=0-31
#SBATCH --gpus=1
srun python train.py --lr ${LRS[$SLURM_ARRAY_TASK_ID]}
