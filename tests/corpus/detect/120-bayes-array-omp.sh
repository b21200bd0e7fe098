# label: array; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH --array=1-100
#SBATCH --nodes=1 --ntasks=1
#SBATCH -c 4
export OMP_NUM_THREADS=4
cd chain_$SLURM_ARRAY_TASK_ID && beast -threads 4 -seed $RANDOM primates_mpi.xml
