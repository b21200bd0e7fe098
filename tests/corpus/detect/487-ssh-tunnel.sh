# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
ssh -N -R 8888:localhost:8888 login &
jupyter notebook
