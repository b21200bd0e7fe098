# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
srun --mpi=pmi2 Rscript pbd.R
