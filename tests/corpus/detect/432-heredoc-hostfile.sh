# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 --ntasks-per-node=24
module purge; module load gcc openmpi
cat > input.nml <<EOF
&control
 nproc = 96
/
EOF
$MPI_HOME/bin/mpirun -np $SLURM_NTASKS ./solver < input.nml > out.log 2>&1
