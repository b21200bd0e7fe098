# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -c 20
Rscript -e 'library(parallel); mclapply(1:100, f, mc.cores=20)'
