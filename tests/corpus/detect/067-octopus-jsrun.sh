# label: mpi; impl: spectrum; tasks: 48; nodes: 8
#!/bin/bash
#SBATCH --nodes=8
module load spectrum-mpi octopus
jsrun -n 48 -a 1 -c 7 -g 1 octopus > out.log
