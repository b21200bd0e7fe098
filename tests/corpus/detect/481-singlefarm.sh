# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
while read -r f; do
   srun -n 1 -N 1 --exclusive ./dock "$f" &
done < list.txt
wait
