# label: collective; impl: -; tasks: 64; nodes: 8
#!/usr/bin/env bash
# Multi-node DDP. Submit: sbatch train.sh [--args]
#SBATCH --job-name=ddp
#SBATCH --nodes=8
#SBATCH --ntasks-per-node=8
#SBATCH --gpus-per-task=1
#SBATCH --mem=0     # everything
#SBATCH --signal=USR1@90
set -euo pipefail
SIF="${SIF:-/share/containers/train.sif}"
ENTRY="${ENTRY:-$(dirname "${BASH_SOURCE[0]}")/../train.py}"
export MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n1)
export MASTER_PORT=$((10000 + SLURM_JOB_ID % 50000))
trap 'echo requeue; scontrol requeue $SLURM_JOB_ID' USR1
srun --kill-on-bad-exit=1 apptainer exec --nv --bind /lustre:/lustre "$SIF" \
	bash -c 'export RANK=$SLURM_PROCID LOCAL_RANK=$SLURM_LOCALID; exec python '"$ENTRY"' "$@"' -- "$@" &
wait $!
