# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 --gres=gpu:a100:8 --ntasks-per-node=1
deepspeed --hostfile hostfile --num_gpus 8 --num_nodes 2 train.py --deepspeed ds.json
