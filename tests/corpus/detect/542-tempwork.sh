# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
WORK=$(mktemp -d /scratch/XXXX); trap "rm -rf $WORK" EXIT
cp -r . $WORK; cd $WORK
time (mpirun lmp_mpi -in in.lj)
