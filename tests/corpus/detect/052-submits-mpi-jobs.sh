# label: workflow; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH -n 1
#SBATCH -J chain
for T in 280 300 320; do
  cat > job_$T.sh <<EOF
#!/bin/bash
#SBATCH -N 4
#SBATCH -n 256
module load openmpi lammps
mpirun -np 256 lmp_mpi -in in.$T
EOF
  sbatch --dependency=singleton job_$T.sh
done
