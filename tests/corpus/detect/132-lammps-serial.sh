# label: serial; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH -n 1
module load lammps
lmp_serial -in in.minimize -log minimize.log
