# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
RUN=0
if [ $RUN -eq 1 ]; then
  mpirun -np 64 ./lbm
fi
./post
