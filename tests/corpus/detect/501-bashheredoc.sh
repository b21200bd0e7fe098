# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
bash <<EOF
module load openmpi
mpirun -np 128 ./lbm
EOF
