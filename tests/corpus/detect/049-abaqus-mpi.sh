# label: mpi; impl: -; tasks: 48; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks=48
unset SLURM_GTIDS
module load abaqus/2023
abaqus job=crash input=crash.inp cpus=$SLURM_NTASKS mp_mode=mpi interactive
