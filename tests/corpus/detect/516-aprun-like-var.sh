# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
: ${LAUNCH:=srun}
${LAUNCH} ./xhpl
