# label: serial; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH --nodes=1
#SBATCH --ntasks=1
if false; then
    mpirun -np 96 ./fullsim config.yml
fi
./fullsim_serial --smoke-test config.yml
