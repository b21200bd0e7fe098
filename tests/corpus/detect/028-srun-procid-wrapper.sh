# label: farm; impl: -; tasks: 128; nodes: 4
#!/bin/bash
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=32
# one input file per task
srun --kill-on-bad-exit=0 bash -c 'f=$(sed -n "$((SLURM_PROCID+1))p" files.txt); ./convert "$f" "out/$(basename $f)"'
