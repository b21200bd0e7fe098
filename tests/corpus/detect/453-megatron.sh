# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 16 --ntasks-per-node=8 --gpus-per-node=8
export CUDA_DEVICE_MAX_CONNECTIONS=1
MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
srun --container-image=nvcr.io/nvidia/pytorch:24.01-py3 --container-mounts=/data:/data python -u pretrain_gpt.py --tensor-model-parallel-size 8
