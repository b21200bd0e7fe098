# label: mpi; impl: mvapich; tasks: 2; nodes: 2
#!/bin/bash
#SBATCH -N 2
#SBATCH --ntasks-per-node=1
module load mvapich2/2.3.7
OSU=/opt/osu/libexec/osu-micro-benchmarks/mpi
for t in pt2pt/osu_latency pt2pt/osu_bw pt2pt/osu_bibw; do
	mpirun_rsh -np 2 -hostfile hosts MV2_ENABLE_AFFINITY=1 $OSU/$t
done
