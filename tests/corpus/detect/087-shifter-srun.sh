# label: mpi; impl: -; tasks: 256; nodes: 4
#!/bin/bash
#SBATCH --image=docker:mylab/athena:1.4
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=64
#SBATCH --constraint=cpu
srun --mpi=cray_shasta shifter --module=mpich /usr/local/bin/athena -i athinput.jet
