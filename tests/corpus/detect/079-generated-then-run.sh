# label: mpi; impl: openmpi; tasks: 256; nodes: 8
#!/bin/bash
#SBATCH --nodes=8
#SBATCH --ntasks=256
cat > run_step.sh <<EOF
#!/bin/bash
module load openmpi
mpirun -np $SLURM_NTASKS ./lbm.x -i \$1
EOF
chmod +x run_step.sh
for s in 1 2 3; do ./run_step.sh step$s.in; done
