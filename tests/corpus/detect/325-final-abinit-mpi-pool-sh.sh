# label: mpi; impl: -; tasks: 64; nodes: 2
#!/bin/bash
#SBATCH -N 2
#SBATCH -n 64
. ./env.sh
launch="srun"
[ -n "$USE_MPIRUN" ] && launch="mpirun -np $SLURM_NTASKS"
for i in 1 2 3; do
    $launch abinit run$i.abi >& log.$i
done
