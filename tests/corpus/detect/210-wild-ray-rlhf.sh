# label: service; impl: -; tasks: 2; nodes: 2
#!/bin/bash
#SBATCH -N 2                       # 64x8x4
#SBATCH --ntasks-per-node=1        # tasks per node
#SBATCH --exclusive                # exclusive node access
#SBATCH --overcommit               # needed for pytorch
JOBLOG="$(realpath .)/logs/ppo-$SLURM_JOB_ID.log"
nodes=$(scontrol show hostnames "$SLURM_JOB_NODELIST")
nodes_array=($nodes)
node_1=${nodes_array[0]}
ip=$(srun --nodes=1 --ntasks=1 -w "$node_1" hostname --ip-address)
srun --nodes=1 --ntasks=1 -w "$node_1" --container-image="$IMAGE" --container-mounts="$MOUNT" bash -c \
	"ray start --head --node-ip-address=$ip --port=6379 --block" &>> ${JOBLOG} &
sleep 10s
for ((i = 1; i < SLURM_JOB_NUM_NODES; i++)); do
	srun --nodes=1 --ntasks=1 -w "${nodes_array[$i]}" --container-image="$IMAGE" bash -c \
		"ray start --address $ip:6379 --block" &>> ${JOBLOG} &
done
sleep 30s
srun --overlap --nodes=1 --ntasks=1 -w "$node_1" --container-image="$IMAGE" bash -c "ray job submit -- python train_ppo.py" &>> ${JOBLOG}
