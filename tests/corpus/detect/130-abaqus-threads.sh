# label: threads; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1 -n 1 -c 12
module load abaqus
abq2022 job=bracket cpus=12 mp_mode=threads interactive
