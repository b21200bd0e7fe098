# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 --ntasks-per-node=1 --gres=gpu:4
export GPUS_PER_NODE=4
export LAUNCHER="accelerate launch \
    --num_processes $((SLURM_NNODES * GPUS_PER_NODE)) \
    --num_machines $SLURM_NNODES \
    --rdzv_backend c10d \
    --main_process_ip $head_node_ip \
    --main_process_port 29500 \
    "
export SCRIPT="/accelerate/examples/complete_nlp_example.py"
export CMD="$LAUNCHER $SCRIPT --mixed_precision fp16"
srun $CMD
