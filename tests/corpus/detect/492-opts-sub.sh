# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
OPTS="--bind-to core $(cat extra.opts)"
mpirun $OPTS -np 128 ./lbm
