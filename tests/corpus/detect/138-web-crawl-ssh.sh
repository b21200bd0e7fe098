# label: farm; impl: -; tasks: 4; nodes: 4
#!/bin/bash
#SBATCH -N 4
#SBATCH --ntasks-per-node=1
for n in $(scontrol show hostnames $SLURM_JOB_NODELIST); do
  ssh $n "cd $PWD && ./crawl --shard $n" &
done
wait
