# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 --ntasks-per-node=32
charmrun +p128 ++mpiexec ++remote-shell srun namd2 ++ppn 7 sim.conf
