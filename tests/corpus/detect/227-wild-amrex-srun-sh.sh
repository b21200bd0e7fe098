# label: mpi; impl: cray; tasks: 128; nodes: 16
#!/bin/bash
#SBATCH -N 16
#SBATCH --ntasks-per-node=8
#SBATCH --gpus-per-node=8
export MPICH_OFI_NIC_POLICY=NUMA
srun ./select_gpu.sh ./main3d.hip.ex inputs amr.n_cell=1024
