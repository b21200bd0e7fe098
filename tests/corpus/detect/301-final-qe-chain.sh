# label: mpi; impl: -; tasks: 20; nodes: -
#! /bin/bash -l
#
#SBATCH -J slab-etc
#SBATCH -p fast.q
#SBATCH --ntasks=20
#
#SBATCH --export=ALL
hostname
module load quantum-espresso/6.1
mpirun -np $SLURM_NTASKS pw.x -inp scf.in > scf.out
cp -r tmp/ -t nscf/
cd nscf/
mpirun -np $SLURM_NTASKS projwfc.x -inp pdos.in > pdos.out
