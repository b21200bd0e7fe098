# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=8
#SBATCH --gres=gpu:8
export NCCL_DEBUG=INFO
srun python train.py trainer.num_nodes=4 trainer.devices=8 trainer.strategy=ddp
