# label: mpi; impl: openmpi; tasks: 64; nodes: 8
#!/bin/bash
#SBATCH -N 8
#SBATCH -n 64
module load openmpi ior
mpirun ior -a MPIIO -b 4g -t 1m -w -r -o /fsx/ior.dat
mpirun mdtest -n 1000 -d /fsx/mdtest
