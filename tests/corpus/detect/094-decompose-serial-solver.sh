# label: serial; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1 -n 1
source /opt/OpenFOAM/OpenFOAM-v2206/etc/bashrc
blockMesh && icoFoam > log.icoFoam
