# label: mpi; impl: -; tasks: 72; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks=72
module load su2
mpirun -n 72 --use-hwthread-cpus SU2_CFD inv_ONERAM6.cfg
SU2_SOL inv_ONERAM6.cfg
