# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4
srun -N 4 --ntasks-per-node=32 --mpi=pmi2 ./code
