# label: threads; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -n 1
#SBATCH -N 1
#SBATCH -c 40
raxml-ng --all --msa aln.phy --model GTR+G --threads 40 --bs-trees 200
