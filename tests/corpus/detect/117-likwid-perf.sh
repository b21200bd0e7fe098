# label: mpi; impl: -; tasks: 36; nodes: 2
#!/bin/bash
#SBATCH -N 2
#SBATCH --ntasks-per-node=18
module load likwid
likwid-mpirun -np 36 -mpi slurm -g MEM_DP ./jacobi 20000 20000
