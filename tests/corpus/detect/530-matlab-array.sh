# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -a 1-20
matlab -batch "sim($SLURM_ARRAY_TASK_ID)"
