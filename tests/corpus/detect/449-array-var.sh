# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
args=(-np "$SLURM_NTASKS" --mca btl ^tcp)
exe=./bin/nwchem
mpirun "${args[@]}" "$exe" input.nw
