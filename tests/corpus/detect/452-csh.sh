# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/csh
#SBATCH -N 4
#SBATCH -n 96
setenv OMP_NUM_THREADS 1
set NP = 96
mpirun -np $NP ./cmaq.exe
if ( $status != 0 ) exit 1
