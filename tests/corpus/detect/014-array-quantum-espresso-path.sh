# label: array; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH --array=1-50
#SBATCH --ntasks=1
# analyse the bands that Quantum Espresso has written
cd /projects/quantum/espresso/lammps_compare
Rscript bands.R qe_run_${SLURM_ARRAY_TASK_ID}.xml
