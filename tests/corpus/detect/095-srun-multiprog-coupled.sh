# label: mpi; impl: intelmpi; tasks: 288; nodes: 6
#!/bin/bash
#SBATCH --nodes=6
#SBATCH --ntasks=288
module load intel-mpi
cat <<EOF > prog.conf
0-191   ./oifs.x
192-271 ./nemo.exe
272-287 ./xios_server.exe
EOF
srun --mpi=pmi2 -n 288 --multi-prog prog.conf
