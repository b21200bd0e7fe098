# label: mpi; impl: mpich; tasks: 36; nodes: 3
#!/bin/bash
#SBATCH -N 3
#SBATCH -n 36
module load mpich/4.1 abinit/9.8
mpiexec -n 36 abinit tbase.abi >& log
