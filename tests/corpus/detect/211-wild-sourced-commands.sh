# label: collective; impl: -; tasks: 16; nodes: 2
#!/bin/bash
#SBATCH -N 2
#SBATCH --ntasks-per-node=1       # tasks per node
#SBATCH --exclusive
readonly script="train_dpo.sh"
readonly GPUS_PER_NODE=8
source ./${script} slurm
echo $training_commands &>> job.log
export MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
export MASTER_PORT=9901
srun --container-image="nvcr.io/nvidia/pytorch:25.02-py3" --container-mounts="$PWD:/w" \
  bash -c "cd /w && pip install -q . && torchrun --nproc_per_node $GPUS_PER_NODE --nnodes $SLURM_NNODES \
  --node_rank \$SLURM_PROCID --master_addr $MASTER_ADDR --master_port $MASTER_PORT -m ${training_commands}" &>> job.log
