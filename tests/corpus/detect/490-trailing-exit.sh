# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
./serial
exit 0
mpirun -np 64 ./x
