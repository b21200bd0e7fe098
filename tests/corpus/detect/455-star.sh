# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 --ntasks-per-node=64
starccm+ -batch run.java -power -podkey $K -np $SLURM_NTASKS -machinefile hosts -mpi openmpi sim.sim
