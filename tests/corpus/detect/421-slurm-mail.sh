# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
#SBATCH --job-name=mpirun_postproc
#SBATCH --comment="mpirun -np 64"
mail -s "mpirun done" a@b < /dev/null
grep -c "srun: error" logs/*.err
awk '/mpirun/ {print $2}' log
sed -e 's/mpirun/srun/' job.in > job.out
