# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
MF=$(mktemp -p .)
srun hostname | sort > $MF
mpirun -machinefile $MF -np 128 hydra_par
