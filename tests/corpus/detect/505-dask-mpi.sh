# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
mpirun -np 128 dask-mpi --scheduler-file s.json &
python client.py
