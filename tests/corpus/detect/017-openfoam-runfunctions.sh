# label: mpi; impl: -; tasks: 64; nodes: 2
#!/bin/sh
#SBATCH -N 2
#SBATCH -n 64
cd "${0%/*}" || exit
. ${WM_PROJECT_DIR:?}/bin/tools/RunFunctions

runApplication blockMesh
runApplication decomposePar
runParallel -np 64 pimpleFoam
runApplication reconstructPar
