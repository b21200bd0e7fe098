# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 --ntasks-per-node=96
spack env activate hpc
export FI_PROVIDER=efa FI_EFA_USE_DEVICE_RDMA=1
srun --mpi=pmix --distribution=block:block ./lulesh2.0 -s 50
