# label: mpi; impl: openmpi; tasks: 64; nodes: 2
#!/bin/bash
#SBATCH --nodes=2 --ntasks=64
ml gcc openmpi
time nice -n 5 env OMP_NUM_THREADS=1 mpirun -np ${SLURM_NTASKS} numactl --localalloc ./sweep3d \
	< input.50 \
	> sweep.out
