# label: serial; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH --ntasks=1
#SBATCH --mem=8G
module load gcc/11 openmpi/4.1 hdf5/1.12-mpi netcdf
ncks -v tas,pr in.nc out.nc
cdo -f nc4 monmean out.nc monthly.nc
