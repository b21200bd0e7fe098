# label: mpi; impl: openmpi; tasks: 48; nodes: 2
#!/bin/csh
#SBATCH -N 2
#SBATCH -n 48
#SBATCH -J charmm
setenv OMP_NUM_THREADS 1
set exe = /apps/charmm/c46/bin/charmm
foreach i ( 1 2 3 4 )
  if ( -e step$i.done ) continue
  mpirun -np 48 $exe step=$i < prod.inp > prod.$i.out
  touch step$i.done
end
