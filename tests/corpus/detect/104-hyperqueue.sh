# label: farm; impl: -; tasks: 8; nodes: 8
#!/bin/bash
#SBATCH --nodes=8
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
module load hyperqueue
hq server start &
srun --overlap hq worker start &
hq submit --wait --array 1-5000 ./dock.sh
hq server stop
