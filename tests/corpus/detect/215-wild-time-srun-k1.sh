# label: mpi; impl: pmi2; tasks: 96; nodes: 3
#!/bin/bash
#SBATCH --nodes=3
#SBATCH --ntasks=96
ARGS="0.1 200 1e-3"
# Run with srun
#   --mpi=pmi2   : process management
echo "Number of MPI tasks: $SLURM_NTASKS"
time srun --mpi=pmi2 -K1 --resv-ports -n $SLURM_NTASKS \
     ./dropimpact $ARGS
rc=$?
if [ $rc -eq 0 ]; then echo done; fi
