# label: mpi; impl: openmpi; tasks: 32; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks=32
module load r openmpi
mpirun -np 32 Rscript svd_pbd.R
