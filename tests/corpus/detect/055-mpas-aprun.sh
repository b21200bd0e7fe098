# label: mpi; impl: cray; tasks: 512; nodes: 16
#!/bin/bash
#SBATCH -N 16
#SBATCH -t 3:00:00
export OMP_NUM_THREADS=1
aprun -n 512 -N 32 -cc depth ./atmosphere_model
