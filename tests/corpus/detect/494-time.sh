# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
exec > run.log 2>&1
/usr/bin/time -v -o t.txt mpirun -np 128 cp2k.psmp -i in
