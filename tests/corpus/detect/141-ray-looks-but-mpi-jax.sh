# label: collective; impl: -; tasks: 8; nodes: 8
#!/bin/bash
#SBATCH --nodes=8
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
export XLA_FLAGS=--xla_gpu_enable_latency_hiding_scheduler=true
export NCCL_NET_PLUGIN=ofi FI_PROVIDER=efa
export COORDINATOR=$(scontrol show hostnames | head -1):1234
srun python3 -m maxtext.train configs/base.yml run_name=$SLURM_JOB_ID
