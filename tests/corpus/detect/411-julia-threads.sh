# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -c 32
julia -t 32 montecarlo.jl
