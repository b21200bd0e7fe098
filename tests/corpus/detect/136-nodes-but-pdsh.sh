# label: serial; impl: -; tasks: 8; nodes: 8
#!/bin/bash
#SBATCH --nodes=8
#SBATCH --ntasks-per-node=1
srun hostname
srun df -h /local
srun rm -rf /local/$USER/mpi_tmp
