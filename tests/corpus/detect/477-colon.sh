# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
: <<'COMMENT'
mpirun -np 64 ./lbm
COMMENT
./post
