# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash -l
#SBATCH -N 16
#SBATCH --ntasks-per-node=36
trap 'cp restart.* $SAVE' USR1 TERM
timeout -s INT 23h srun --kill-on-bad-exit=1 lmp -in in.melt -sf intel &
wait
