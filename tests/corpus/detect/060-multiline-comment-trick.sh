# label: serial; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH -n 1
: <<'DISABLED'
srun -n 512 ./gyro_mpi input.cgyro
mpirun ./gyro_mpi
DISABLED
python analyse_gyro.py input.cgyro
