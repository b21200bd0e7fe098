# label: mpi; impl: openmpi; tasks: 40; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=20
module load singularity openmpi/4.0.5
mpirun -np 40 singularity exec --bind /scratch ./raxml.sif raxml-ng-mpi --all --msa big.phy --model GTR+G
