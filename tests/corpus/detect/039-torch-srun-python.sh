# label: collective; impl: -; tasks: 32; nodes: 4
#!/bin/bash
#SBATCH -N 4
#SBATCH --ntasks-per-node=8
#SBATCH --gres=gpu:8
#SBATCH -c 12
source ~/venvs/torch/bin/activate
export MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
export MASTER_PORT=12802
export WORLD_SIZE=$SLURM_NTASKS
export NCCL_SOCKET_IFNAME=^docker0,lo
srun python -u train_ddp.py --epochs 90 --data /fsx/imagenet
