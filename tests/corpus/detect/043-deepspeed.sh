# label: collective; impl: -; tasks: 32; nodes: 4
#!/bin/bash
#SBATCH -N 4
#SBATCH --gpus-per-node=8
#SBATCH --ntasks-per-node=1
source activate ds
scontrol show hostnames $SLURM_NODELIST | awk '{print $1" slots=8"}' > hostfile
deepspeed --hostfile=hostfile --num_nodes=4 --num_gpus=8 pretrain.py --deepspeed ds_z3.json
