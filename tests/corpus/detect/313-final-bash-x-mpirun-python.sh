# label: mpi; impl: openmpi; tasks: 160; nodes: 4
#!/bin/bash -x
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=40
#SBATCH -J HPC_WITH_PYTHON
module load devel/python/3.10.0_gnu_11.1
module load mpi/openmpi/4.1
module list
echo "Running on ${SLURM_JOB_NUM_NODES} nodes with ${SLURM_JOB_CPUS_PER_NODE} cores each."
time mpirun python3 Milestone7_Parallel.py
