# label: farm; impl: -; tasks: 32; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks=32
#SBATCH --cpus-per-task=2
for i in $(seq 1 32); do
    srun -N1 -n1 -c2 --exclusive ./scan --point $i > scan.$i.log &
done
wait
