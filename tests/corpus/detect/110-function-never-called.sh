# label: serial; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH -n 1
run_parallel() {
  module load openmpi
  mpirun -np 64 ./wave2d_mpi "$@"
}
run_serial() {
  ./wave2d "$@"
}
run_serial --nx 400
