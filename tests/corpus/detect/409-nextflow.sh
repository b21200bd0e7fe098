# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
nextflow run nf-core/rnaseq -profile slurm -resume
