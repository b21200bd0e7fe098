# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
mpirun -np 64 ./sim 2> >(tee err.log >&2) | tee out.log
