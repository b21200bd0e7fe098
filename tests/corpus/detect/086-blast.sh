# label: threads; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=16
module load blast+
blastp -query prot.fa -db nr -num_threads 16 -outfmt 6 -out hits.tsv
