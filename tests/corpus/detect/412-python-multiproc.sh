# label: serial; impl: -; tasks: -; nodes: -
#!/usr/bin/env python3
#SBATCH -c 32
# replaces mpirun -np 32
"""docs: mpirun -np 32 python me.py"""
from multiprocessing import Pool
with Pool(32) as p: p.map(print, range(10))
