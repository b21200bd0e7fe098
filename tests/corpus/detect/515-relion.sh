# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 --ntasks=9 --cpus-per-task=6 --gres=gpu:4
srun --mpi=pmi2 `which relion_refine_mpi` --o Class3D/job001/run --gpu --j 6
