# label: mpi; impl: -; tasks: 128; nodes: 4
#!/bin/bash
#SBATCH --job-name=valve
#SBATCH --nodes=4
#SBATCH --ntasks=128
#SBATCH --licenses=ansys@flex:128

module load ansys/2023R1
cat > run.jou <<EOF
/file/read-case-data valve.cas.h5
/solve/iterate 2000
/file/write-case-data valve-out.cas.h5
/exit yes
EOF
HOSTS=$(scontrol show hostnames | paste -sd,)
fluent 3ddp -g -t$SLURM_NTASKS -cnf=$HOSTS -mpi=intel -pib -i run.jou > fluent.log 2>&1
