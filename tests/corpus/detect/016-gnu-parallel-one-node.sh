# label: farm; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=48
module load parallel
parallel -j $SLURM_CPUS_PER_TASK --joblog jobs.log ./simulate.sh {} ::: $(seq 1 2000)
