# label: serial; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -J postproc
#SBATCH --nodes=1
#SBATCH --ntasks=1
cd /scratch/$USER/mpi_results/openmpi-4.1
for f in run_*.h5; do
    python3 /home/$USER/tools/plot_mpi_scaling.py "$f" --out "png/${f%.h5}.png"
done
tar czf mpi_results.tgz png
