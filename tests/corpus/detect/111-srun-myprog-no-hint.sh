# label: mpi; impl: -; tasks: 256; nodes: 4
#!/bin/bash
#SBATCH --qos=regular
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=64
#SBATCH --constraint=cpu
#SBATCH --account=m1234
srun -n 256 -c 4 --cpu-bind=cores ./myprogram.exe namelist.input
