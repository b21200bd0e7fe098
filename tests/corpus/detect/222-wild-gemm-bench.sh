# label: threads; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH --exclusive
set -euo pipefail
if [[ "${2:-}" == "" ]]; then NAME=${SLURM_JOB_PARTITION:-""}; else NAME=$2; fi
CPUS=$(lscpu | awk '/NUMA node0 CPU/ {print $4}')
for CONFIG in $1; do
	make clean && make CONFIG=$CONFIG
	time taskset -c ${CPUS} ./gemm_test ${NAME}
done
