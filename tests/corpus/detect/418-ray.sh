# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 --ntasks-per-node=1
srun --nodes=1 --ntasks=1 -w $head ray start --head --block &
srun --nodes=3 --ntasks=3 ray start --address=$ip --block &
python tune.py
