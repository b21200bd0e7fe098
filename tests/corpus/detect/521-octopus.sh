# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
module load foss/2022a Octopus
cp inp.gs inp; srun octopus
cp inp.td inp; srun octopus
