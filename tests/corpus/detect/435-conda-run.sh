# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2
#SBATCH -n 80
conda run -n fenics mpirun -n 80 python3 poisson.py
