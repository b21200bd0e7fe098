# label: threads; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH -n 1
#SBATCH -c 16
#SBATCH --exclusive
for ((i=1; i <= 50; i++)); do
  srun likwid-pin -c 0-15 ../build/tt_bench 2 30 $i 20
done
