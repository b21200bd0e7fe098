# label: mpi; impl: openmpi; tasks: 288; nodes: 6
#!/bin/bash
#SBATCH --job-name=motorBike
#SBATCH --nodes=6
#SBATCH --ntasks-per-node=48
#SBATCH --exclusive

module load openfoam/v2212
source $FOAM_BASH

surfaceFeatureExtract > log.sfe
blockMesh > log.blockMesh
decomposePar -force > log.decompose
mpirun -np $SLURM_NTASKS snappyHexMesh -parallel -overwrite > log.snappy
mpirun -np $SLURM_NTASKS simpleFoam -parallel > log.simpleFoam
reconstructParMesh -constant
reconstructPar -latestTime
