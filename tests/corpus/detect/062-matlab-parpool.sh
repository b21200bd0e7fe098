# label: threads; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH -n 1
#SBATCH -c 20
module load matlab/R2023a
matlab -nodisplay -r "parpool('local',20); run_parallel_computation; exit"
