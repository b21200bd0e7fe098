# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -c 16
module load gcc openmpi cmake
CC=mpicc CXX=mpicxx cmake -S . -B build -DENABLE_MPI=ON
cmake --build build -j 16
