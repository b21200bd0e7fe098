# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4
#SBATCH --ntasks-per-node=64
mpirun --map-by ppr:64:node apptainer run app.sif --input a.yaml
