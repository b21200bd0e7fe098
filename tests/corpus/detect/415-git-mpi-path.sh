# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
cd $HOME/projects/mpi-benchmarks/mpirun-tests
cp -r mpirun_results /archive/
tar czf srun-mpi.tgz .
rm -rf mpiexec.old
