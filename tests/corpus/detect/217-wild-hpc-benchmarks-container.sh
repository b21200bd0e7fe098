# label: mpi; impl: pmi2; tasks: 16; nodes: 4
#!/bin/bash
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
module load singularity
srun --mpi=pmi2 singularity run --nv --bind .:/my-dat-files hpc-benchmarks.sif ./hpcg.sh --dat /my-dat-files/HPCG.dat
