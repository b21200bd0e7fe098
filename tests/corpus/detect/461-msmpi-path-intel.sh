# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 64
source /opt/intel/oneapi/setvars.sh --force
I_MPI_FABRICS=shm:ofi I_MPI_PMI_LIBRARY=/usr/lib64/libpmi2.so srun -n 64 ./cfd_solver
