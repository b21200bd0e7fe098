# label: farm; impl: -; tasks: 64; nodes: 4
#!/bin/bash
#SBATCH --nodes=4
#SBATCH --ntasks=64
#SBATCH --mem-per-cpu=2G
module load parallel
srun="srun --exclusive -N1 -n1"
parallel="parallel --delay .2 -j $SLURM_NTASKS --joblog runtask.log --resume"
$parallel "$srun ./runtask.sh arg1:{1} > runtask.{1}.log" ::: {1..256}
