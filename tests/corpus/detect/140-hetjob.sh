# label: mpi; impl: -; tasks: 68; nodes: 5
#!/bin/bash
#SBATCH --nodes=1 --ntasks=4 --mem=200G
#SBATCH hetjob
#SBATCH --nodes=4 --ntasks-per-node=16
srun --mpi=pmix --het-group=0 ./master : --het-group=1 ./workers
