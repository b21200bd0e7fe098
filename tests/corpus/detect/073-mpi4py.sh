# label: mpi; impl: openmpi; tasks: 64; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks=64
module load anaconda3 openmpi
conda activate fenics
mpirun python solve_poisson.py --refine 6
