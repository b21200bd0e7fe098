# label: mpi; impl: pmi2; tasks: 32; nodes: -
#!/bin/bash
#SBATCH --qos=short
#SBATCH --job-name=coarse_sweep
#SBATCH --ntasks=32
#SBATCH --exclusive
echo "$SLURM_NTASKS tasks"
srun -n $SLURM_NTASKS --mpi=pmi2 python run_parallel_sweep.py
