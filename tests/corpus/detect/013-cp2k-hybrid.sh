# label: mpi; impl: -; tasks: 64; nodes: 8
#!/bin/bash
#SBATCH --nodes=8
#SBATCH --ntasks-per-node=8
#SBATCH --cpus-per-task=8
#SBATCH --exclusive
set -euo pipefail
module load cp2k/2023.1
export OMP_NUM_THREADS=8 OMP_PLACES=cores OMP_PROC_BIND=close
srun --cpus-per-task=$SLURM_CPUS_PER_TASK --hint=nomultithread cp2k.psmp -i H2O-256.inp -o H2O-256.out
