# label: mpi; impl: -; tasks: 128; nodes: 4
#!/bin/bash
#SBATCH -N 4
#SBATCH -n 128
if command -v srun >/dev/null 2>&1; then
	RUN="srun --mpi=pmix"
else
	RUN="mpirun -np 128"
fi
for beta in 5.70 5.80 5.90; do
	$RUN ./su3_rmd <in.$beta >out.$beta || { echo "failed at $beta" >&2; exit 1; }
done
