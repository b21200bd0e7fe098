# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 64
for np in 8 16 32 64; do
  mpirun -np $np ./scaling
done
