# label: mpi; impl: openmpi; tasks: 24; nodes: 1
#!/bin/bash
#SBATCH --nodes=1
#SBATCH --ntasks=24
#SBATCH --mem-per-cpu=4G
module load openmpi/4.1.1 orca/5.0.3
# ORCA starts its own parallel programs and must be called with the full path
export job=benzene
cp $job.inp $TMPDIR && cd $TMPDIR
$(which orca) $job.inp > $SLURM_SUBMIT_DIR/$job.out
