# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
mpirun -n 64 shifter --image=dolfinx/dolfinx:v0.7 python3 poisson.py
