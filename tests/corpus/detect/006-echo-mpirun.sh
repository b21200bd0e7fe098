# label: serial; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH --ntasks=1
./prepare_case.sh || exit 1
echo "Case is ready. Now submit: mpirun -np 128 simpleFoam -parallel"
printf 'mpiexec was not used in this step\n' >> README.run
