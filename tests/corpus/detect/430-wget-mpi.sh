# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
wget https://download.open-mpi.org/release/openmpi-4.1.6.tar.gz
tar xf openmpi-4.1.6.tar.gz && cd openmpi-4.1.6 && ./configure --prefix=$HOME/mpi && make -j8 install
$HOME/mpi/bin/mpirun --version
