# label: serial; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH -n 1
#SBATCH -J espresso_quantum_report
# amber alert plots for the espresso bar
python make_amber_plot.py --in namd_people.csv
