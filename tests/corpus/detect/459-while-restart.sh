# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
step=1
while [ $step -le 10 ]; do
 mpirun -np 128 namd3 step$step.conf > step$step.log || break
 (( step++ ))
done
