# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
MPIRUN=/opt/openmpi/bin/mpirun
export MPIRUN
python driver.py --launcher none
