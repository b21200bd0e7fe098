# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4
#SBATCH -n 128
mpirun -np 128 gmx_mpi mdrun -s topol.tpr
