# label: threads; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH --job-name=opt_freq
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=28
module load gaussian/g16
export GAUSS_SCRDIR=/tmp/$SLURM_JOB_ID
mkdir -p $GAUSS_SCRDIR
g16 < molecule.gjf > molecule.log
