# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 --ntasks-per-node=64
scontrol show hostnames > hosts
fluent 3ddp -g -t$SLURM_NTASKS -cnf=hosts -mpi=intel -pinfiniband -i run.jou
