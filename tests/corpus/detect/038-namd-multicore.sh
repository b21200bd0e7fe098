# label: threads; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=32
module load namd/3.0-multicore
namd3 +p32 +setcpuaffinity prod.namd > prod.log
