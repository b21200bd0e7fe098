# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 1 --gpus=1
pmemd.cuda -O -i md.in
