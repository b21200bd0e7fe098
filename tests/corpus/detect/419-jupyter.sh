# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1 -c 8
jupyter lab --no-browser --port 8888 --notebook-dir=/fsx/mpi
