# label: farm; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH -c 32
#SBATCH -n 1
find /data/openmpi_traces -name '*.otf2' -print0 | xargs -0 -P 32 -n 1 ./summarise
