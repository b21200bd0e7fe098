# label: mpi; impl: -; tasks: 96; nodes: 4
#!/bin/bash
#SBATCH -p gpu
#SBATCH --nodes=4
#SBATCH --ntasks=96
NPROC=`grep ^NPROC DATA/Par_file | cut -d = -f 2`
mkdir -p OUTPUT_FILES DATABASES_MPI
srun ./bin/xmeshfem3D
srun ./bin/xgenerate_databases
srun ./bin/xspecfem3D
