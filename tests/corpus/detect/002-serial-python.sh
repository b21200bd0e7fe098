# label: serial; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH --job-name=fit
#SBATCH --ntasks=1
#SBATCH --mem=16G
#SBATCH --time=02:00:00
module load python/3.11
python fit_model.py --input data.csv --out fit.pkl
