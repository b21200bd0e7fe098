# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 1 -n 1
cmd="mpirun -np 64 ./a.out"
echo "Would run: $cmd"
