# label: mpi; impl: -; tasks: -; nodes: -
#!/usr/bin/env python3
#SBATCH -N 4
#SBATCH --ntasks-per-node=16
import subprocess, os
n = int(os.environ["SLURM_NTASKS"])
cmd = ["mpirun", "-np", str(n), "./cfd"]
subprocess.run(cmd, check=True)
