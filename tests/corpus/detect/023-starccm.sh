# label: mpi; impl: openmpi; tasks: 240; nodes: 5
#!/bin/bash
#SBATCH -N 5
#SBATCH --ntasks-per-node=48
#SBATCH -J hull
export CDLMD_LICENSE_FILE=1999@licserver
/opt/siemens/18.02.008/STAR-CCM+18.02.008/star/bin/starccm+ -batch run.java -np $SLURM_NTASKS \
    -bs slurm -mpi openmpi -power hull.sim
