# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gres=gpu:8
export LAUNCHER="accelerate launch --num_processes 16 --num_machines 2 --machine_rank \$SLURM_NODEID --main_process_ip $MASTER"
export CMD="$LAUNCHER train.py --bs 4"
srun bash -c "$CMD"
