# label: serial; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH -n 1
module load openfoam/v2212 openmpi
reconstructPar -newTimes
foamToVTK -latestTime
