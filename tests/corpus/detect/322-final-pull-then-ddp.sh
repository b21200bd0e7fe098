# label: collective; impl: -; tasks: 8; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --gres=gpu:4
#SBATCH --ntasks-per-node=4
test -f pt.sif || singularity pull pt.sif docker://nvcr.io/nvidia/pytorch:24.09-py3
srun singularity exec --nv pt.sif \
    python3 train_ddp.py --world_size=8
