# label: mpi; impl: mpich; tasks: 64; nodes: 2
#!/bin/bash
#SBATCH -N 2
#SBATCH -n 64
module load mpich

run_case() {
    local re=$1
    mkdir -p re_$re
    ( cd re_$re && mpiexec -np 64 ../channel --re "$re" > channel.log )
}

for re in 180 395 590; do
    run_case $re
done
