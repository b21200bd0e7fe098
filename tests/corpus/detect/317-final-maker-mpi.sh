# label: mpi; impl: mpich; tasks: 48; nodes: 2
#!/bin/bash
#SBATCH -N 2
#SBATCH --ntasks-per-node=24
module load maker/3.01 mpich
# annotation pipeline
mpiexec -n 48 maker -fix_nucleotides -base genome
