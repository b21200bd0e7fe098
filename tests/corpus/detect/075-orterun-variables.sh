# label: mpi; impl: openmpi; tasks: 96; nodes: 4
#!/bin/bash
#SBATCH --nodes=4
#SBATCH --tasks-per-node=24
MPIRUN=/usr/local/openmpi-4.1.4/bin/orterun
NP=${NP:-$SLURM_NTASKS}
EXE="$HOME/src/pic/bin/picsim.x"
ARGS="--deck weibel.toml --steps 50000"
CMD="$MPIRUN -np $NP --mca pml ucx -x UCX_TLS=rc,sm $EXE $ARGS"
echo "Running: $CMD"
$CMD
