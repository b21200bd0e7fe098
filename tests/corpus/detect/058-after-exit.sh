# label: serial; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N1 -n1
python check_inputs.py
exit 0
# old part
module load intelmpi
mpirun -np 192 ./a.out
