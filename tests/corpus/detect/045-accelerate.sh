# label: collective; impl: -; tasks: 16; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gres=gpu:8
export HEAD=$(hostname)
export LAUNCHER="accelerate launch --num_processes 16 --num_machines 2 --machine_rank \$SLURM_PROCID --main_process_ip $HEAD --main_process_port 29501"
export SCRIPT="examples/nlp.py"
srun bash -c "$LAUNCHER $SCRIPT"
