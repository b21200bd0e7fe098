#!/bin/bash
#SBATCH -p tiers --nodes=2 -t 60 --efa=preferred --mem=16G
srun ./solve
