# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1 -c 16
apptainer exec docker://biocontainers/fastqc fastqc -t 16 *.fastq.gz
