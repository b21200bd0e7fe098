# label: mpi; impl: -; tasks: 64; nodes: 2
#!/bin/bash -l
#SBATCH -A PROJECT
#SBATCH -N 2
#SBATCH -L SCRATCH
#SBATCH -C haswell
cd $SLURM_SUBMIT_DIR
srun -n 64 ats --xml_file=./input.xml
