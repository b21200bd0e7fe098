# label: mpi; impl: cray; tasks: 576; nodes: 12
#!/usr/bin/env bash
#SBATCH --nodes=12
#SBATCH --ntasks=576
#SBATCH --job-name=run.b1850
module load cray-mpich cray-netcdf
cd /glade/scratch/me/b1850/run
srun --label -n 576 ./cesm.exe >> cesm.log.$LID 2>&1
