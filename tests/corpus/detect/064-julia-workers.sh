# label: threads; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=36
julia -p 36 montecarlo.jl
