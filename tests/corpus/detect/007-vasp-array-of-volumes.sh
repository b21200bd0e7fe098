# label: mpi; impl: intelmpi; tasks: 96; nodes: 2
#!/bin/bash
#SBATCH -J eos
#SBATCH --array=0-6
#SBATCH -N 2
#SBATCH -n 96
#SBATCH -t 06:00:00
# equation of state: each task relaxes one volume on two whole nodes

module load intel/2021 impi/2021 vasp/6.3.2
scales=(0.94 0.96 0.98 1.00 1.02 1.04 1.06)
s=${scales[$SLURM_ARRAY_TASK_ID]}
mkdir -p vol_$s && cd vol_$s
cp ../INCAR ../KPOINTS ../POTCAR .
sed "2s/.*/$s/" ../POSCAR > POSCAR
mpirun -np $SLURM_NTASKS vasp_std > vasp.out
grep 'free  energy' OUTCAR | tail -1 >> ../energies.dat
