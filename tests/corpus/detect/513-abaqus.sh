# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 2 -n 64
unset SLURM_GTIDS
echo "mp_host_list=[...]" > abaqus_v6.env
abaqus job=beam input=beam.inp cpus=64 mp_mode=mpi interactive
