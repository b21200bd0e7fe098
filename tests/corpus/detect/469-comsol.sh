# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 --ntasks-per-node=2 --cpus-per-task=16
comsol batch -mpibootstrap slurm -inputfile a.mph -outputfile b.mph
