# label: mpi; impl: -; tasks: 64; nodes: 2
#!/bin/bash
#SBATCH -N 2
#SBATCH --ntasks=64
module load julia
export JULIA_NUM_THREADS=1
$HOME/.julia/bin/mpiexecjl -n 64 julia --project=. diffusion2d.jl
