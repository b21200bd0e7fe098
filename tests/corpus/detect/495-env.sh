# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
nohup env -u DISPLAY OMP_NUM_THREADS=2 stdbuf -oL srun --unbuffered vasp_gam
