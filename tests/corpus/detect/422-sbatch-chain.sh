# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
jid=$(sbatch --parsable -N 16 mpi_job.sh)
sbatch --dependency=afterok:$jid --wrap "mpirun -np 4 ./post"
