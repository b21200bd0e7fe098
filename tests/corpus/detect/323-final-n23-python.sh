# label: threads; impl: -; tasks: 23; nodes: -
#!/bin/bash
#SBATCH --job-name=kdnysm
#SBATCH --mem=50GB
#SBATCH --ntasks=23
#
#SBATCH --mail-type=ALL
module load python/3.6.1
python3 simulation.py
