# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
telemac2d.py t2d.cas --ncsize=64
