# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 1 -n 64
singularity exec of.sif bash -c 'source /opt/of/etc/bashrc; mpirun -np 64 simpleFoam -parallel'
