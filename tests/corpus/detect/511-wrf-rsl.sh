# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
ulimit -s unlimited
cd run/
ln -sf ../met_em* .
srun -n 4 ./real.exe
srun --cpu_bind=rank ./wrf.exe && tail rsl.error.0000
