# label: mpi; impl: openmpi; tasks: 32; nodes: 8
#!/bin/bash
#SBATCH --nodes=8
#SBATCH --ntasks-per-node=16
# four members, each on its own two nodes
module load openmpi
for m in 1 2 3 4; do
  ( cd member_$m; srun --mpi=pmix -N 2 -n 32 --exclusive ./enkf_model.x > log ) &
done
wait
