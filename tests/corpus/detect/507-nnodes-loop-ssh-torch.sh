# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 --ntasks-per-node=1 --gpus-per-node=8
nodes=( $( scontrol show hostnames $SLURM_JOB_NODELIST ) )
head_node=${nodes[0]}
head_ip=$(srun --nodes=1 --ntasks=1 -w "$head_node" hostname --ip-address)
srun torchrun \
  --nnodes 4 \
  --nproc_per_node 8 \
  --rdzv_id $RANDOM \
  --rdzv_endpoint $head_ip:29500 \
  /shared/examples/multinode_torchrun.py 5000 100
