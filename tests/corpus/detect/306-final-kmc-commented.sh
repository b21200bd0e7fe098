# label: serial; impl: -; tasks: 1; nodes: 1
#!/bin/bash --login
#SBATCH --ntasks=1
#SBATCH --ntasks-per-node=1
#SBATCH --constraint=gpu
export OMP_NUM_THREADS=4
module load intel-oneapi/2022.1.0
#cd ./tests/1-potential/ ; srun -n 64 ../../bin/runKMC parameters.txt
cd ./tests/prod/ ; srun -n $SLURM_NTASKS ../../bin/runKMC parameters.txt
