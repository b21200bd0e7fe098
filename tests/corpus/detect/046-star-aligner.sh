# label: threads; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH --nodes=1 --ntasks=1 --cpus-per-task=16 --mem=64G
module load star/2.7.10
STAR --runThreadN 16 --genomeDir /ref/star --readFilesIn r1.fq r2.fq --outSAMtype BAM SortedByCoordinate
