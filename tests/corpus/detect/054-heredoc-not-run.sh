# label: serial; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH -n 1
cat > README.txt <<'EOF'
How to run:
  module load openmpi
  mpirun -np 64 ./solver case.cfg
EOF
./partition_mesh case.msh 64
