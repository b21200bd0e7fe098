# label: mpi; impl: openmpi; tasks: 4; nodes: 4
#!/bin/bash
#SBATCH --nodes=4
#SBATCH --job-name=hierarchical
export LD_LIBRARY_PATH="/opt/openmpi-v5.0.7/lib:$LD_LIBRARY_PATH"
HOSTFILE="/tmp/hostfile_${SLURM_JOB_ID}"
scontrol show hostnames $SLURM_JOB_NODELIST | while read host; do
    echo "${host} slots=1"
done > ${HOSTFILE}
/opt/openmpi-v5.0.7/bin/mpirun --hostfile ${HOSTFILE} -np 4 --tag-output python3 training.py --config c.yaml
