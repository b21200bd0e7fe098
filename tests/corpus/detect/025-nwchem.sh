# label: mpi; impl: openmpi; tasks: 80; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks=80
#SBATCH --mem=0
module load nwchem/7.0.2 openmpi
export NWCHEM_BASIS_LIBRARY=/apps/nwchem/libraries/
mpirun nwchem c60.nw > c60.out
