# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
cmd="mpirun -np 64 ./a.out"
echo "Running: $cmd"
eval "$cmd"
