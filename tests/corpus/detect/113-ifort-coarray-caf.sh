# label: mpi; impl: intelmpi; tasks: 48; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=24
module load intel-oneapi-compilers intel-oneapi-mpi
export FOR_COARRAY_NUM_IMAGES=48
export I_MPI_HYDRA_BOOTSTRAP=slurm
mpiexec.hydra -genv I_MPI_DEBUG 4 -n 48 ./poisson_caf
