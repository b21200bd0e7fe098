# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH --nodes=8
#SBATCH --ntasks-per-node=32
run() {
  local inp=$1; shift
  srun --cpu-bind=cores "$@" pw.x -i "$inp" > "${inp%.in}.out"
}
for i in scf.in nscf.in; do run $i; done
