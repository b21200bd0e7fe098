# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 1 -n 1
#SBATCH hetjob
#SBATCH -N 4 -n 64
srun --het-group=0 ./ocean : --het-group=1 ./atmos
