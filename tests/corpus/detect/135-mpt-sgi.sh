# label: mpi; impl: mpt; tasks: 72; nodes: 2
#!/bin/bash
#SBATCH -N 2
#SBATCH -n 72
module load mpt
mpiexec_mpt -np 72 omplace -nt 1 ./um-atmos.exe
