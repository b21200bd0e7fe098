# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 1
cat <<EOF > README
To run in parallel: mpirun -np 64 ./a.out
srun --mpi=pmix ./a.out
EOF
python analysis.py
