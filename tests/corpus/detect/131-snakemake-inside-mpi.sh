# label: mpi; impl: openmpi; tasks: 48; nodes: 2
#!/bin/bash
#SBATCH -N 2
#SBATCH -n 48
#SBATCH -J mrbayes
module load MrBayes/3.2.7-gompi-2022a
mpirun -np 48 mb -i primates.nex > mb.log
