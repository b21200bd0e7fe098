# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
# mpirun -np 32 ./old
#mpirun -np 4 ./old
./serial   # was: srun -n 16 ./serial
