# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
LOG=run_$(date +%F_%H%M).log
mpirun -np 64 ./lbm |& tee "$LOG"
