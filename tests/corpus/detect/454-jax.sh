# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4
#SBATCH --ntasks-per-node=8
#SBATCH --gpus-per-task=1
srun python train_jax.py --coordinator $(hostname):1234
