# label: array; impl: -; tasks: 1; nodes: 1
#!/bin/bash -l
#SBATCH --nodes=1
#SBATCH --array=60-126
#SBATCH --tasks-per-node=1
#SBATCH --mem=1000M
cd /scratch/me/modflow/mf$SLURM_ARRAY_TASK_ID
./launch_run.sh
