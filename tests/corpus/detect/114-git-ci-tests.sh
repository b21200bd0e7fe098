# label: serial; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1 -n 1 -c 8
git clone --depth 1 https://github.com/lab/mpi-tools.git
cd mpi-tools
python -m venv .venv && . .venv/bin/activate
pip install mpi4py==3.1.4 pytest
pytest -n 8 tests/unit -k "not mpirun and not mpiexec"
