# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH --array=1-500%50
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
module load openmpi/4.1
f=$(sed -n "${SLURM_ARRAY_TASK_ID}p" list.txt)
srun ./process "$f"
