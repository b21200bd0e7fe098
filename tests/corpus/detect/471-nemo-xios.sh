# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 3 --ntasks-per-node=32
mpirun -np 90 ./nemo.exe : -np 6 ./xios_server.exe
