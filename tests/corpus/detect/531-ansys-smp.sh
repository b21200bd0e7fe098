# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -c 16
ansys232 -b -np 16 -smp -i in.dat -o out
