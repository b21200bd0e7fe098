# label: array; impl: -; tasks: 1; nodes: 1
#!/bin/bash
# we ask for n MPI tasks with N cores each on c nodes
#SBATCH --nodes=1                # c
#SBATCH --ntasks-per-node=1      # n
#SBATCH --cpus-per-task=4        # N
#SBATCH --array=1-500
export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK}
module load mpich
mpirun -np $SLURM_NTASKS python main.py $1
