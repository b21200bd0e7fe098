# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 1 -n 16
srun -n 16 python -c 'import os; print(os.environ["SLURM_PROCID"])'
