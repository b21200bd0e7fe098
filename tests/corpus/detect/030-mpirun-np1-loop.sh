# label: farm; impl: -; tasks: 16; nodes: 1
#!/bin/bash
#SBATCH --ntasks=16
#SBATCH --nodes=1
module load openmpi
for k in `seq 0 15`; do
   mpirun -np 1 ./kpoint $k > k$k.out &
done
wait
