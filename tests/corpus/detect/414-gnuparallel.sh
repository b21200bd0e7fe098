# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
module load openmpi parallel
parallel -j 64 --sshloginfile nodes.txt ./mc --seed {} ::: {1..6400}
