# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 --exclusive
HOSTS=a,b
mpirun -hosts $HOSTS -ppn 36 -n 72 IMB-MPI1 Alltoall
