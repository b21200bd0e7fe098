# label: mpi; impl: intelmpi; tasks: 72; nodes: 36
#!/bin/bash
#SBATCH --nodes=36
#SBATCH --ntasks-per-node=2
#SBATCH --cpus-per-task=48
module load mkl impi
export OMP_NUM_THREADS=48 KMP_AFFINITY=granularity=fine,compact,1,0
cd $MKLROOT/benchmarks/hpcg/bin
mpiexec.hydra -np 72 -perhost 2 ./xhpcg_skx -n192
