# label: serial; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH --ntasks=1
#SBATCH -p dtn
rsync -a /scratch/lammps/mpich_runs/ archive:/vault/gromacs/
sha256sum -c manifest.sha256
