# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
module load julia
srun -n 64 julia --project=. -e 'using MPI; MPI.Init(); include("diffusion.jl")'
