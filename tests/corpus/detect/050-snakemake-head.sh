# label: workflow; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
conda activate snakemake
snakemake --executor slurm --jobs 200 --default-resources mpi=srun tasks=1 --rerun-incomplete
