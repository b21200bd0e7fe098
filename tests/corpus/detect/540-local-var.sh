# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 128
main() {
  local cmd="mpirun -np ${SLURM_NTASKS}"
  ${cmd} ./lbm "$@"
}
main "$@"
