# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
[ -f in.nml ] && srun -n 128 ./roms_mpi in.nml || exit 1
