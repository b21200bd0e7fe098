# label: serial; impl: -; tasks: 8; nodes: 2
#!/bin/bash
#SBATCH --job-name=cavities
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --cpus-per-task=2
python holey-cavity.py | tee holey-cavity.out
h5topng -Zc dkbluered holey-cavity.h5
grep flux1: holey-cavity.out > flux.dat
