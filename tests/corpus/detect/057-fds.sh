# label: mpi; impl: intelmpi; tasks: 12; nodes: 3
#!/bin/bash
#SBATCH -J atrium_fire
#SBATCH --ntasks=12
#SBATCH --nodes=3
#SBATCH --cpus-per-task=4
export OMP_NUM_THREADS=4
source $HOME/FDS/FDS6/bin/FDS6VARS.sh
mpiexec -n 12 fds_mpi_intel_linux atrium.fds
