# label: unknown; impl: -; tasks: 20; nodes: 4
#!/bin/bash
#SBATCH --job-name=step3_trial1
#SBATCH --partition quanah
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=5
# R workers through a socket cluster, started by run.sh over ssh
./run.sh "step3_trial1"
