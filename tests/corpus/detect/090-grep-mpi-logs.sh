# label: serial; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH --ntasks=1
grep -l "mpirun noticed that process rank" logs/*.out | while read -r f; do
  echo "$f: $(grep -c MPI_Abort $f) aborts"
done > mpi_failures.txt
which mpirun mpiexec srun
