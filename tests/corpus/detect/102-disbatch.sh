# label: farm; impl: -; tasks: 80; nodes: 4
#!/bin/bash
#SBATCH -N 4 -n 80
module load disBatch
disBatch -p /tmp/db tasks_openmpi.txt
