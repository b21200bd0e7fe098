# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 1 -c 8
python main.py --backend mpi --launcher mpirun --np 8 --dry-run
