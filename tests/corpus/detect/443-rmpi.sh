# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 3 --ntasks-per-node=20
module load R openmpi
mpirun -np 1 Rscript --vanilla rmpi_spawn.R
