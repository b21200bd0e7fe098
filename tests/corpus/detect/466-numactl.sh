# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 8 --gpus-per-task=1
mpirun -np 8 --bind-to none nsys profile -o rep.%q{OMPI_COMM_WORLD_RANK} ./gpu_app
