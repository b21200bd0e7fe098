# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
IMG=/images/wrf.sif
srun --mpi=pmix singularity exec --bind /scratch $IMG /opt/wrf/main/wrf.exe
