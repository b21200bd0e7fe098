# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
cat "$0"; cat /home/u/mpirun.sh
less run_mpi.sh | head
cp mpirun.sh backup/; chmod +x mpirun.sh
