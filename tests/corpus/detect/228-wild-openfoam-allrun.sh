# label: mpi; impl: -; tasks: 64; nodes: 2
#!/bin/bash
#SBATCH -N 2
#SBATCH -n 64
module load openfoam
source $FOAM_BASH
./Allrun
