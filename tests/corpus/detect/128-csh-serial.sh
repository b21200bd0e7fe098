# label: serial; impl: -; tasks: 1; nodes: 1
#!/bin/tcsh -f
#SBATCH -N 1
#SBATCH -n 1
set d = /data/mpi/ocean
foreach y (1990 1991 1992)
  if ( ! -e $d/clim.$y.nc ) then
    ncra $d/day.$y.*.nc $d/clim.$y.nc
  endif
end
