# label: mpi; impl: -; tasks: 160; nodes: 4
#!/bin/bash
#SBATCH -N 4 -n 160 -J taurus
export LSTC_LICENSE_SERVER=lic01
DYNA=/apps/lsdyna/ls-dyna_mpp_d_R13_x64_centos78_ifort190_avx2_openmpi4
srun $DYNA i=main.k memory=200m memory2=50m
