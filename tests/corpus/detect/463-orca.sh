# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
module load orca openmpi
$(which orca) job.inp > job.out
