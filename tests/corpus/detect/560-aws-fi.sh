# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 --ntasks-per-node=96 --exclusive
module load libfabric-aws openmpi
export FI_PROVIDER=efa
mpirun -n 192 ./osu_alltoall
