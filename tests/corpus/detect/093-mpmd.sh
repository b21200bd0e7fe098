# label: mpi; impl: openmpi; tasks: 96; nodes: 2
#!/bin/bash
#SBATCH -N 2
#SBATCH -n 96
module load openmpi
mpirun -np 64 ./atmos.x -c atm.nml : -np 24 ./ocean.x -c ocn.nml : -np 8 ./coupler.x
