# label: serial; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH -n 1
#SBATCH -t 00:10:00
# To run the parallel version use:
#   mpirun -np 64 ./solver_mpi input.dat
# (needs: module load openmpi). Here we only make the mesh.
./mkmesh --cells 1000000 > mesh.bin
