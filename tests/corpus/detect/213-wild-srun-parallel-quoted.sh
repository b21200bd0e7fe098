# label: farm; impl: -; tasks: 1; nodes: 1
#!/usr/bin/env /bin/bash
#SBATCH -N 1
#SBATCH -C knl
#SBATCH --exclusive
#SBATCH --job-name wrf_to_counties
module load parallel
srun parallel --jobs 4 'python wrf_counties.py \
    --variables T2 Q2 U10 \
    --out ./County \
' ::: ./Raw_Data/wrfout*
