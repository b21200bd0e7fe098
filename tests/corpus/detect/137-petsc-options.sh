# label: mpi; impl: -; tasks: 16; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH -n 16
export PETSC_DIR=$HOME/petsc PETSC_ARCH=arch-linux-c-opt
$PETSC_DIR/lib/petsc/bin/petscmpiexec -n 16 ./ex19 -da_refine 6 -log_view
