# label: threads; impl: -; tasks: 1; nodes: 1
#!/usr/bin/env python3
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=32
# an MPI version (mpi4py) is in solve_mpi.py; this is the pool version
import multiprocessing as mp

def work(i):
    return sum(j * j for j in range(i))

if __name__ == "__main__":
    with mp.Pool(32) as pool:
        print("mpirun not needed:", sum(pool.map(work, range(100000))))
