# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
for i in $(seq 1 64); do
  srun -N1 -n1 -c1 --exact ./mc --seed $i > mc.$i &
done
wait
