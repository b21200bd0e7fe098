# label: mpi; impl: -; tasks: 96; nodes: 2
#!/bin/bash
#SBATCH --nodes=2 --ntasks-per-node=48
#SBATCH --job-name=remd
source /apps/amber22/amber.sh
srun -n 96 $AMBERHOME/bin/pmemd.MPI -ng 8 -groupfile remd.groupfile -rem 1
