# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1 -c 32
g16 < water.com > water.log
