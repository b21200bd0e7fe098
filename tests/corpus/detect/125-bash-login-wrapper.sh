# label: mpi; impl: openmpi; tasks: 60; nodes: 3
#!/bin/sh
#SBATCH --nodes=3
#SBATCH --ntasks=60
exec bash -lc 'module load openmpi && exec mpirun -np 60 --bind-to core ./lattice_qcd -i run.xml'
