# label: mpi; impl: -; tasks: 32; nodes: 4
#!/bin/bash
#SBATCH -N 4 --ntasks-per-node 8
export PATH="/var/scratch/me/julia/bin:$PATH"
NP=$SLURM_NTASKS
srun -n $SLURM_NTASKS hostname | sort | uniq -c
env -u SLURM_NTASKS_PER_NODE \
    mpiexecjl -n $NP julia --project=. scripts/mpi_experiment.jl $1 $2
