# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4
#SBATCH --ntasks-per-node=96
. /shared/spack/share/spack/setup-env.sh
spack load openfoam
mpirun -np $(( SLURM_JOB_NUM_NODES * 96 )) interFoam -parallel
