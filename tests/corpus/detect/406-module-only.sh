# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
module load intel impi mkl
python train.py
