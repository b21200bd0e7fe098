# label: mpi; impl: openmpi; tasks: 128; nodes: 4
#!/bin/bash
#SBATCH -N 4
#SBATCH -n 128
#SBATCH -J dlpoly
module load ohpc
prun ./DLPOLY.Z
