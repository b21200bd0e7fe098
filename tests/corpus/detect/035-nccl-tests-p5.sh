# label: collective; impl: openmpi; tasks: 128; nodes: 16
#!/bin/bash
#SBATCH --job-name=nccl
#SBATCH --nodes=16
#SBATCH --ntasks-per-node=8
#SBATCH --gpus-per-node=8
#SBATCH --exclusive
export FI_PROVIDER=efa FI_EFA_USE_DEVICE_RDMA=1
export NCCL_DEBUG=INFO
mpirun -np 128 -N 8 --bind-to none -x LD_LIBRARY_PATH -x FI_PROVIDER \
  /opt/nccl-tests/build/all_reduce_perf -b 8 -e 16G -f 2 -g 1
