# label: mpi; impl: cray; tasks: 128; nodes: 4
#!/bin/bash
#SBATCH --constraint=haswell
# SBATCH --time=10
#SBATCH --nodes=4
#SBATCH --tasks-per-node=32 # fastest is 2 cpus per task
#SBATCH --cpus-per-task=2
#SBATCH --array=0-9
export OMP_NUM_THREADS=1
pe=${PE_ENV,,}
if [ $pe != "gnu" ]; then
	module swap PrgEnv-$pe PrgEnv-gnu
fi
# module load lammps
s=$((SLURM_JOB_ID+100*SLURM_ARRAY_TASK_ID))
srun --cpu_bind=cores /common/lammps_3Mar2020/lmp_gnu_haswell -var s $s -in quench.in
