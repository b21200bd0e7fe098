# label: mpi; impl: intelmpi; tasks: 128; nodes: 2
#!/bin/bash
#SBATCH -N2
#SBATCH --ntasks-per-node=64
. /opt/intel/oneapi/mpi/latest/env/vars.sh
export I_MPI_FABRICS=shm:ofi
export FI_PROVIDER=efa
mpirun -ppn 64 -n 128 IMB-MPI1 Alltoall -npmin 128
