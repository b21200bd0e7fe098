# label: array; impl: -; tasks: 4; nodes: 4
#!/bin/bash
#SBATCH --job-name=era5
#SBATCH --nodes=4
#SBATCH --cpus-per-task=4
#SBATCH --array=1-10
YEARS=($(seq 1940 2022))
python resample_era5.py $YEARS[$SLURM_ARRAY_TASK_ID]
