# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
trap 'echo mpirun killed' TERM
cat < mpirun.log
ls mpirun*
vim -c ':%s/srun/mpirun/g' -c wq x
