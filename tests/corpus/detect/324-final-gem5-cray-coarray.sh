# label: mpi; impl: cray; tasks: 96; nodes: 3
#!/bin/bash
#SBATCH -N 3 --ntasks-per-node=32
module load cpe cray-mpich craype-x86-milan
export XT_SYMMETRIC_HEAP_SIZE=512M
srun --hint=nomultithread --distribution=block:block ./shallow_caf
