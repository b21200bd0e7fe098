# label: mpi; impl: openmpi; tasks: 256; nodes: 8
#!/bin/bash
#SBATCH -N 8
#SBATCH --ntasks-per-node=32
#SBATCH -J si-scf

module load qe/7.2
NPOOL=8
BIN=/apps/qe/7.2/bin
for calc in scf nscf; do
  mpirun --map-by core -np $((SLURM_JOB_NUM_NODES * 32)) $BIN/pw.x -nk $NPOOL -in si.$calc.in > si.$calc.out
done
mpirun -np 32 $BIN/dos.x -in si.dos.in > si.dos.out
