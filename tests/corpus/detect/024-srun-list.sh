# label: farm; impl: -; tasks: 4; nodes: 1
#!/bin/bash
#SBATCH --ntasks=4
#SBATCH --nodes=1
srun --ntasks=1 --exact ./a.sh &
srun --ntasks=1 --exact ./b.sh &
srun --ntasks=1 --exact ./c.sh &
srun --ntasks=1 --exact ./d.sh &
wait
