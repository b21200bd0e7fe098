# label: array; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH --array=1-96%20
#SBATCH --cpus-per-task=8
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --mem=32G
module load bwa samtools
sample=$(sed -n "${SLURM_ARRAY_TASK_ID}p" samples.txt)
bwa mem -t $SLURM_CPUS_PER_TASK hg38.fa fastq/${sample}_R1.fq.gz fastq/${sample}_R2.fq.gz |
    samtools sort -@ 4 -o bam/$sample.bam -
samtools index bam/$sample.bam
