# label: farm; impl: -; tasks: 4; nodes: 4
#!/bin/bash
#SBATCH -o out/%j.%N.out
#SBATCH --get-user-env
#SBATCH -J test
#SBATCH --nodes=4
#SBATCH --ntasks=4
#SBATCH --cpus-per-task=1
srun Rscript scripts/INC_model.R
echo "Job Done!" | mail -A output/job.log me@example.org
