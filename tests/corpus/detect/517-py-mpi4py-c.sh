# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 16
srun python -c 'from mpi4py import MPI; print(MPI.COMM_WORLD.rank)'
