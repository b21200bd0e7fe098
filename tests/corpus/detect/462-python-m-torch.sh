# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 --gpus-per-node=4 --ntasks-per-node=1
GPUS=4
srun --jobid $SLURM_JOBID bash -c 'python -m torch.distributed.launch --nproc_per_node=4 --nnodes=2 --node_rank=$SLURM_PROCID --master_addr=$M main.py'
