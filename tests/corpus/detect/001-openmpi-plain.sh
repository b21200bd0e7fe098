# label: mpi; impl: openmpi; tasks: 128; nodes: 4
#!/bin/bash
#SBATCH --job-name=heat3d
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=32
#SBATCH --time=04:00:00
#SBATCH --output=heat3d-%j.out

module purge
module load gcc/12.2.0 openmpi/4.1.5

cd $SLURM_SUBMIT_DIR
mpirun ./heat3d input.nml
