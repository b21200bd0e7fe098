# label: mpi; impl: openmpi; tasks: 64; nodes: 2
#!/bin/bash -l
#SBATCH -J md_prod
#SBATCH -N 2
#SBATCH --ntasks-per-node=32
#SBATCH -c 2
#SBATCH -t 24:00:00
#SBATCH -p compute

module load GROMACS/2023.3-foss-2022a
export OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK

if [ -f md.cpt ]; then
    srun gmx_mpi mdrun -deffnm md -cpi md.cpt -maxh 23.5
else
    gmx_mpi grompp -f md.mdp -c npt.gro -p topol.top -o md.tpr
    srun gmx_mpi mdrun -deffnm md -maxh 23.5
fi
