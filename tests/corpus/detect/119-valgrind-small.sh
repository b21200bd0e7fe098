# label: mpi; impl: openmpi; tasks: 4; nodes: 1
#!/bin/bash
#SBATCH -n 4 -N 1 -t 30
module load openmpi valgrind
mpiexec -n 4 valgrind --leak-check=full --log-file=vg.%p ./test_halo
