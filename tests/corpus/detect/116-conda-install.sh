# label: serial; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH -n 1 -t 30:00 --mem=8G
conda create -y -n lammps-env -c conda-forge lammps=2023.08.02=*openmpi* openmpi mpi4py gromacs=2023=mpi_openmpi*
