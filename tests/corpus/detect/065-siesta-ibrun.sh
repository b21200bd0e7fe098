# label: mpi; impl: intelmpi; tasks: 112; nodes: 2
#!/bin/bash
#SBATCH -J graphene
#SBATCH -N 2
#SBATCH -n 112
#SBATCH -p normal
module load intel impi siesta
pwd; date
ibrun siesta < graphene.fdf > graphene.out
