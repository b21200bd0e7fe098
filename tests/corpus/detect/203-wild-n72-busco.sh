# label: threads; impl: -; tasks: 72; nodes: 1
#!/bin/bash
#SBATCH -N 1                  # nodes
#SBATCH -n 72                 # number of cores/tasks in this job
#SBATCH --mem=0
module load busco5/5.4.5
busco -i asm.fa -l poales_odb10 -m genome -c 72 -o busco_out
