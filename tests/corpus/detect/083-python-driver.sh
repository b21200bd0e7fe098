# label: mpi; impl: -; tasks: 128; nodes: 4
#!/usr/bin/env python3
#SBATCH --nodes=4
#SBATCH --ntasks=128
"""Drive the optimiser: each evaluation is one parallel CFD run."""
import subprocess
import numpy as np

def evaluate(x, i):
    np.savetxt(f"design_{i}.txt", x)
    subprocess.run(["srun", "--mpi=pmix", "-n", "128", "./aero3d", f"design_{i}.txt"], check=True)
    return float(open("cd.dat").read())

for i in range(40):
    print(evaluate(np.random.rand(8), i))
