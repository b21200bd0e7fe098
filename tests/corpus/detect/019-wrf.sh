# label: mpi; impl: intelmpi; tasks: 320; nodes: 8
#!/bin/bash
#SBATCH -J wrf_d02
#SBATCH -N 8
#SBATCH -n 320
#SBATCH -t 12:00:00
ulimit -s unlimited
module load intel-oneapi-mpi netcdf-fortran wrf/4.4
cd /scratch/$USER/wrf/run_$(date +%Y%m%d)
ln -sf ../WPS/met_em* .
mpiexec.hydra -n 40 ./real.exe
mpiexec.hydra -n 320 -ppn 40 ./wrf.exe
mv rsl.* logs/
