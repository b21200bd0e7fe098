# label: mpi; impl: -; tasks: 8; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
ml PDC OpenMM mpi4py
export OMP_NUM_THREADS=1
srun sumd-walkers run.inp
