# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 4
srun -N 4 --ntasks-per-node=1 cp data.tgz /tmp
srun -N 4 --ntasks-per-node=1 tar xf /tmp/data.tgz -C /tmp
