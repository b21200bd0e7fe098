# label: service; impl: -; tasks: 32; nodes: 4
#!/bin/bash
#SBATCH --nodes=4
#SBATCH --ntasks=32
#SBATCH --mem-per-cpu=4G
conda activate dask
dask scheduler --scheduler-file sched.json &
sleep 10
srun dask worker --scheduler-file sched.json --nthreads 1 &
sleep 10
python pipeline.py --scheduler-file sched.json
