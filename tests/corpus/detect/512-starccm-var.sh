# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
STAR=/apps/siemens/19.02/STAR-CCM+19.02/star/bin/starccm+
$STAR -power -podkey abc -licpath 1999@lic -np ${SLURM_NTASKS} -machinefile mf -rsh ssh -batch run,save case.sim
