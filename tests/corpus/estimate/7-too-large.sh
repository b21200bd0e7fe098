#!/bin/bash
#SBATCH -p aws,gpu -N 2 --ntasks-per-node=100 -C a100
srun ./a.out
