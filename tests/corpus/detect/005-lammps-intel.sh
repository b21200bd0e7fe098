# label: mpi; impl: intelmpi; tasks: 192; nodes: 4
#!/bin/bash
#SBATCH --nodes 4
#SBATCH --ntasks 192
#SBATCH --partition=hpc
#SBATCH --mail-type=END
#SBATCH --mail-user=ana@example.org

source /opt/intel/oneapi/setvars.sh
export I_MPI_PMI_LIBRARY=/usr/lib64/libpmi2.so
export LAMMPS=$HOME/lammps/build/lmp_intel_cpu_intelmpi

srun --mpi=pmi2 $LAMMPS -sf intel -in in.rhodo -log log.$SLURM_JOB_ID
