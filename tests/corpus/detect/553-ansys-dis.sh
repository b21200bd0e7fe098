# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
ansys232 -b -dis -machines $MACH -i in.dat -o out
