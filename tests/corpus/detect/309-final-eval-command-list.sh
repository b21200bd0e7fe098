# label: array; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH --array=0-3
#SBATCH --gres=gpu:4
#SBATCH --nodes=1
#SBATCH --ntasks=1
SHARED="--data /data/imagenet"
command_list[0]="python train_imagenet.py --config-file a.yaml $SHARED"
command_list[1]="python train_imagenet.py --config-file b.yaml $SHARED"
cur=${command_list[SLURM_ARRAY_TASK_ID]}
echo $cur
eval "srun -n $SLURM_NTASKS $cur"
