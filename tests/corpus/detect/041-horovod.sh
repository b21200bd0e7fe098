# label: collective; impl: -; tasks: 16; nodes: 4
#!/bin/bash
#SBATCH --nodes=4
#SBATCH --gres=gpu:4
#SBATCH --ntasks-per-node=4
conda activate hvd
hosts=$(scontrol show hostnames | sed 's/$/:4/' | paste -sd,)
horovodrun -np 16 -H $hosts python resnet50.py
