# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
$AMBERHOME/bin/tleap -f leap.in
for r in min heat prod; do
  mpirun -np $SLURM_NTASKS $AMBERHOME/bin/pmemd.MPI -O -i $r.in
done
