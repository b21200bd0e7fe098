# label: mpi; impl: intelmpi; tasks: 12; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH -n 12
ulimit -s unlimited 2>/dev/null || true
VASP_BIN="/opt/vasp/bin/vasp_std"
MPIRUN="/opt/intel/oneapi/mpi/2021.15/bin/mpirun"
echo "[$(date)] Running slab..."
cd ~/her/slab
$MPIRUN -np $SLURM_NTASKS $VASP_BIN > vasp.out 2>&1
