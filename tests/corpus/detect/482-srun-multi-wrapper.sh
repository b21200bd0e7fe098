# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 64
srun --multi-prog tasks.conf
