# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 --gpus-per-node=8 --ntasks-per-node=1
scontrol show hostnames | sed 's/$/ slots=8/' > hostfile
deepspeed --hostfile=hostfile --master_addr=$(hostname) train.py --deepspeed_config ds.json
