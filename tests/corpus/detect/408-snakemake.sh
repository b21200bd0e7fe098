# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1 -t 3-0
conda activate snakemake
snakemake --executor slurm --jobs 200 --default-resources mpi="mpiexec" --use-conda
