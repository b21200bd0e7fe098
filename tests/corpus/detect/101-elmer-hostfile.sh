# label: mpi; impl: -; tasks: 32; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=16
srun hostname -s > hosts.$SLURM_JOB_ID
ElmerGrid 2 2 mesh -partition 4 4 2
echo case.sif > ELMERSOLVER_STARTINFO
mpirun -np 32 --hostfile hosts.$SLURM_JOB_ID ElmerSolver_mpi
