# label: mpi; impl: intelmpi; tasks: 64; nodes: 2
#!/bin/bash
#SBATCH -n 64
#SBATCH -N 2
module load ansys
machines=$(srun hostname -s | sort | uniq -c | awk '{print $2":"$1}' | paste -sd:)
ansys231 -b -dis -mpi intelmpi -machines $machines -np 64 -i crankshaft.dat -o crankshaft.out
