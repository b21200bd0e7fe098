# label: serial; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH -c 8
#SBATCH --ntasks=1
wget https://download.open-mpi.org/release/open-mpi/v4.1/openmpi-4.1.6.tar.bz2
tar xf openmpi-4.1.6.tar.bz2
cd openmpi-4.1.6
./configure --prefix=$HOME/sw/openmpi --with-slurm --with-pmix
make -j8 all install
ls $HOME/sw/openmpi/bin/mpirun
