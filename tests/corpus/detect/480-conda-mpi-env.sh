# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
conda activate mpi
conda install -y mpi4py openmpi
python -c "import mpi4py; print(mpi4py.__version__)"
