# label: mpi; impl: intelmpi; tasks: 56; nodes: 2
#!/bin/bash -l
#SBATCH --ntasks 56
#SBATCH -N 2
#SBATCH --cpus-per-task=1
#SBATCH -p cosma7
#SBATCH --exclusive
module purge
module load intel_comp/2019
module load intel_mpi/2019
export OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK
mpirun -np $SLURM_NTASKS ./Main_Field3d.Linux.64.mpiicpc.ifort.OPTHIGH.MPI.OPENMPCC.ex params.txt
