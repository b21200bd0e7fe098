# label: serial; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1 -n 1 -c 16 -J build
module load cmake openmpi/4.1.5 fftw
cd ~/src/lammps && mkdir -p build && cd build
cmake ../cmake -DBUILD_MPI=yes -DCMAKE_CXX_COMPILER=mpicxx -DPKG_KSPACE=on
make -j 16
make install
