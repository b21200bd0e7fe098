# label: gpu; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH -n 1
#SBATCH -c 16
#SBATCH --gpus 1
apptainer exec --nv -B /data/afdb:/afdb alphafold.sif python /app/run_alphafold.py \
  --fasta_paths=T1050.fasta --data_dir=/afdb --model_preset=monomer
