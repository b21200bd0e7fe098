# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2
#SBATCH -n 80
source ~/miniconda3/etc/profile.d/conda.sh
conda activate mpi-env
mpiexec -n 80 python -m mpi4py simulate.py
