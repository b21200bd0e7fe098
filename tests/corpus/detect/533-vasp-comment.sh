# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
# Post-process the VASP mpirun outputs
python dos.py OUTCAR # srun vasp_std
