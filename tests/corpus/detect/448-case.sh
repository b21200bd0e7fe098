# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
case "$SLURM_CLUSTER_NAME" in
 aws) LAUNCH="srun --mpi=pmix" ;;
 *) LAUNCH="mpirun -np $SLURM_NTASKS" ;;
esac
$LAUNCH ./wrf.exe
