# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
{ time mpirun -np 128 ./lbm ; } 2> timing
( cd sub && mpirun -np 128 ./lbm2 )
