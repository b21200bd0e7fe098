# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 --exclusive
HOSTLIST=$(scontrol show hostnames $SLURM_JOB_NODELIST | tr '\n' ',')
mpiexec.hydra -hosts $HOSTLIST -ppn 96 -n 384 ./lbm
