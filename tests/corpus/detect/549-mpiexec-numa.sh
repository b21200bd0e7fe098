# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 192
mpiexec --mca pml cm --mca mtl ofi --bind-to core -n 192 --hostfile <(scontrol show hostnames) ./xhpl
