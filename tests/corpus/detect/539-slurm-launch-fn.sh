# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
launch() { srun --mpi=pmix -n "${NP:-$SLURM_NTASKS}" "$@"; }
launch ./solver.exe -i in
