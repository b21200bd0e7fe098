# label: mpi; impl: -; tasks: 16; nodes: 4
#!/bin/bash
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-task=1
module load apptainer
srun --mpi=pmix apptainer exec --nv hoomd.sif python3 lj.py
