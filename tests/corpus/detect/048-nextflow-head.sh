# label: workflow; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH -n 1 -c 2 --mem=8G -t 3-00:00:00
module load nextflow java
nextflow run nf-core/rnaseq -profile singularity,slurm --input samples.csv --outdir results -resume
