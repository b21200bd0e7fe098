# label: farm; impl: -; tasks: 24; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=12
module load python/3.11.7
srun --export=ALL python3 eval_models.py --part-by-task
