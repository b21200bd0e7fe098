# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH --array=1-10
#SBATCH -N 4 --ntasks-per-node=48
cd run_$SLURM_ARRAY_TASK_ID
srun --mpi=pmix_v3 vasp_std
