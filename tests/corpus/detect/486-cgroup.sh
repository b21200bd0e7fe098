# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
sbatch <<'EOF'
#!/bin/bash
#SBATCH -N 8
mpirun -np 256 ./lbm
EOF
