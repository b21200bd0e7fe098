# label: threads; impl: -; tasks: 1; nodes: 1
#!/usr/bin/env Rscript
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=16
library(foreach)
library(doParallel)
registerDoParallel(cores = 16)
res <- foreach(i = 1:1000) %dopar% mean(sample(1e6, replace = TRUE))
saveRDS(res, "boot.rds")
