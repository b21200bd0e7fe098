# label: farm; impl: -; tasks: 40; nodes: 2
#!/bin/bash
#SBATCH -N 2 -n 40
module load R
srun -n 40 sh -c 'Rscript bootstrap.R $SLURM_PROCID'
