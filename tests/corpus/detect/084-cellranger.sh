# label: threads; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=16
cellranger count --id=run1 --transcriptome=/ref/GRCh38 --fastqs=fq --localcores=16 --localmem=120
