# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 --ntasks-per-node=4 --gpus-per-node=4
for i in $(seq 0 7); do
  srun -N1 -n1 --gpus=1 --exact python eval.py --shard $i &
done; wait
