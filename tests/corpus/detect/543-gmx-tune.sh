# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
module load gromacs/2023-mpi
gmx_mpi grompp -f a.mdp -o t.tpr
mpirun -np 64 gmx_mpi mdrun -s t.tpr -maxh 23.5 -cpi
