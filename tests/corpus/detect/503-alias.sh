# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
shopt -s expand_aliases
alias run='mpirun -np 128'
run ./lbm
