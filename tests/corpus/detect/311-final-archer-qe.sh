# label: mpi; impl: -; tasks: 512; nodes: 4
#!/bin/bash
#SBATCH --job-name=QE_CPU_TEST
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=128
#SBATCH --cpus-per-task=1
# Replace [budget code] below
#SBATCH --account=[budget code]
PRFX=/path/to/work  # e.g., PRFX=/work/<project>
export PATH=$PATH:${PRFX}/bin
export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK}
time srun --cpu-freq=2250000 pw.x -i psiwat.in
