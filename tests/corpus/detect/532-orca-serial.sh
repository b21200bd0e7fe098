# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
/opt/orca/orca in.inp > out
