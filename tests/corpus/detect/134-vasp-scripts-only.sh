# label: serial; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH -n 1
# VASP has finished; collect
module load vasp vaspkit
for d in vasp_*; do (cd $d; grep 'energy  without' OUTCAR | tail -1); done > vasp_energies.txt
vaspkit -task 211
