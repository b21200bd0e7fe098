# label: farm; impl: -; tasks: 64; nodes: 4
#!/bin/bash
#SBATCH --nodes=4
#SBATCH --ntasks=64
module load python
srun python process_chunk.py --index-from-slurm
