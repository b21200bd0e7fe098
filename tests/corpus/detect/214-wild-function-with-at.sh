# label: mpi; impl: pmi2; tasks: 108; nodes: 5
#!/bin/bash
#SBATCH --nodes=5
#SBATCH --ntasks=108
#SBATCH --constraint=HSW24
runcode() { srun --mpi=pmi2 -m cyclic -n $@ ; }
case $CASE in
	gridT|gridS) FREQ=1d;;
	*) FREQ=6h;;
esac
runcode 108 ./bin/nemo_diag.x namelist.$FREQ
