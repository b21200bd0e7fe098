# label: mpi; impl: -; tasks: 128; nodes: 2
#!/bin/bash
#SBATCH -N 2
#SBATCH --ntasks-per-node=64
module load upcxx openmpi
srun --mpi=pmix -n 128 ./mhm2 -r reads.fastq
