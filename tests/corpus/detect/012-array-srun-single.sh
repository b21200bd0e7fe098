# label: array; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH -a 0-499
#SBATCH -n 1
#SBATCH --mem-per-cpu=2G
#SBATCH -o logs/%A_%a.out
module load gcc openmpi/4.1.4 gsl
srun ./mc_ising --seed $SLURM_ARRAY_TASK_ID --temp 2.269 > out/$SLURM_ARRAY_TASK_ID.dat
