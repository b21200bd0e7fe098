# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 10 --ntasks-per-node=36 --exclusive
ulimit -s unlimited
mpirun -np 360 $EXEROOT/cesm.exe >> cesm.log.$LID 2>&1
