# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH --array=1-100 -n 1
module load openmpi
mpirun -np 1 ./sweep $SLURM_ARRAY_TASK_ID
