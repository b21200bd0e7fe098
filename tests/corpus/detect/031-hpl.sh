# label: mpi; impl: openmpi; tasks: 32; nodes: 16
#!/bin/bash
#SBATCH --nodes=16
#SBATCH --ntasks-per-node=2
#SBATCH --cpus-per-task=24
#SBATCH --exclusive
export OMP_NUM_THREADS=24
export OMPI_MCA_btl=^openib
mpirun --map-by ppr:1:socket:pe=24 --bind-to core ./xhpl
