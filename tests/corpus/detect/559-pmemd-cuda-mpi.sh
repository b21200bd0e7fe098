# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 8 --gpus-per-task=1
srun pmemd.cuda.MPI -O -i md.in
