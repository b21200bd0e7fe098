# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
echo "mpirun -np 16 ./a.out"
printf '%s\n' 'srun --mpi=pmix' mpiexec
echo mpirun -np 16 ./a.out | tee log
