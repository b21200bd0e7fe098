#!/bin/bash
#SBATCH --partition=aws
#SBATCH --array=0-99%10
#SBATCH -n 8 --time=1-0 --burst-cost=20/h
./simulate --seed $SLURM_ARRAY_TASK_ID
