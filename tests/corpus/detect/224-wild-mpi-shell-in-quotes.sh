# label: mpi; impl: openmpi; tasks: 48; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=24
set -x
module load openmpi/4.1.6--gcc--12.2.0 || { echo "no openmpi"; exit 2; }
APP='$HOME/codes/euler/bin/euler3d'
run() { echo "+ $*"; "$@"; }
run mpirun -np 48 --map-by ppr:24:node $HOME/codes/euler/bin/euler3d case.ini
