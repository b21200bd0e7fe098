# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
if ! command -v srun >/dev/null; then
   exec mpirun -np 64 ./lbm
else
   exec srun ./lbm
fi
