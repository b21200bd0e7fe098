# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 4
srun ./node_exporter &
sleep 3600
