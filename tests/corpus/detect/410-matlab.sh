# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1 -c 24
module load matlab
matlab -nodisplay -nosplash -r "parpool('local',24); run('sim.m'); exit"
