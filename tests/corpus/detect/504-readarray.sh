# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
readarray -t HOSTS < <(scontrol show hostnames)
mpirun -host $(IFS=,; echo "${HOSTS[*]}") -n 128 ./lbm
