# label: mpi; impl: -; tasks: 128; nodes: 4
#!/bin/bash
#SBATCH --job-name=apoa1
#SBATCH --nodes=4
#SBATCH --ntasks=128

module load namd/2.14-verbs
nodelist=$PWD/nodelist.$SLURM_JOB_ID
echo "group main" > $nodelist
for h in $(scontrol show hostnames $SLURM_JOB_NODELIST); do
  echo "host $h" >> $nodelist
done
charmrun ++nodelist $nodelist +p $SLURM_NTASKS $(which namd2) apoa1.namd > apoa1.log
