# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4
#SBATCH --ntasks-per-node=64
export APPTAINER_BIND=/scratch
srun --mpi=pmi2 apptainer exec --nv $HOME/img/of.sif simpleFoam -parallel
