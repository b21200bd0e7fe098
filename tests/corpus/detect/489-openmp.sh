# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 1 -n 1 -c 96
export OMP_NUM_THREADS=96 KMP_AFFINITY=compact I_MPI_PIN=1
srun ./omp_app
