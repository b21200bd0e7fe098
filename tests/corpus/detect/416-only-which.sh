# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
which mpirun && mpirun --version
command -v srun
mpicc -o hello hello.c
