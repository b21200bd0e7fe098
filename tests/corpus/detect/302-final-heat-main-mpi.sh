# label: mpi; impl: openmpi; tasks: 32; nodes: 1
#!/bin/bash
#SBATCH --ntasks=32 # cores
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=32 # cores
# --constraint=AMD
#SBATCH -J 'heat'
module load mpi/openmpi-x86_64
mpirun -np $SLURM_NTASKS --map-by ppr:32:node --mca coll ^tuned ./main.mpi 8096 8096
