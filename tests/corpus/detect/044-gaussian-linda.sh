# label: service; impl: -; tasks: 4; nodes: 4
#!/bin/bash
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=24
module load gaussian/g16-linda
export GAUSS_WDEF=$(scontrol show hostnames | paste -sd,)
export GAUSS_PDEF=24
g16 big.gjf
