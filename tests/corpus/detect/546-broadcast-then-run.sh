# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
sbcast ./app /tmp/app
srun /tmp/app --in x
