# unit tests: slurm
