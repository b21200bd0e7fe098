# label: threads; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH -n 1
#SBATCH -c 24
#SBATCH --gres=gpu:1
module load gromacs/2023-cuda
gmx mdrun -deffnm npt -nb gpu -ntmpi 1 -ntomp 24
echo Potential | gmx energy -f npt.edr -o potential.xvg
