# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
find . -name 'mpirun*' -exec rm {} \;
ps aux | grep mpirun | awk '{print $2}' | xargs -r kill
pkill mpirun; killall mpirun
