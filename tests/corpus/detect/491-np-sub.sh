# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
N=$(wc -l < hosts)
NP=$((N * 32))
mpirun -np $NP -machinefile hosts ./wrf.exe
