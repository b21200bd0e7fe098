# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 3 --ntasks-per-node=20
module load R openmpi
mpirun R --no-save -f snow_rmpi.R
