# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH --ntasks=192 --nodes=2
source /opt/intel/mpi/latest/env/vars.sh
srun --mpi=pmi2 ./hello
