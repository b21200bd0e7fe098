# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 --ntasks-per-node=1
dask scheduler --scheduler-file s.json &
srun dask worker --scheduler-file s.json &
python compute.py
