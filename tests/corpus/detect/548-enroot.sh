# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 --ntasks-per-node=8 --gpus-per-node=8
srun --container-image nccl.sqsh --mpi=pmix /opt/nccl-tests/build/all_reduce_perf -b 8 -e 16G -f 2 -g 1
