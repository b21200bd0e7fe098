# label: array; impl: -; tasks: 2; nodes: -
#!/bin/bash
#SBATCH -n 2
#SBATCH --mem-per-cpu=12G
#SBATCH --array=107
module load spm matlab
matlab -nodisplay -nosplash -r "run_glm($SLURM_ARRAY_TASK_ID); exit"
