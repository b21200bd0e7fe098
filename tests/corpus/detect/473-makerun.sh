# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
make test MPIRUN="mpirun -np 4"
