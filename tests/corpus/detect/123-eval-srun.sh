# label: mpi; impl: -; tasks: 112; nodes: 4
#!/bin/bash
#SBATCH -N 4
#SBATCH --ntasks-per-node=28
launcher='srun --mpi=pmix_v3'
eval "$launcher ./swift_mpi --cosmology --hydro --self-gravity --threads=1 eagle_25.yml"
