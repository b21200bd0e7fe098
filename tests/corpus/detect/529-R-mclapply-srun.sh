# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 1 -n 1 -c 16
srun Rscript -e 'parallel::mclapply(1:16, sqrt)'
