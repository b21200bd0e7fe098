# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH --array=1-1000
#SBATCH -c 2
module load R
Rscript sim.R $SLURM_ARRAY_TASK_ID
