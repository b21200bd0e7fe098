# label: serial; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH -n 1
srun --pty --mpi=none bash -i
