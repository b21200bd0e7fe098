# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
cfx5solve -def a.def -par-dist "$(scontrol show hostnames | sed 's/$/*32/' | paste -sd,)" -start-method "Intel MPI Distributed Parallel"
