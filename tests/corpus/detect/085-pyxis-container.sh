# label: collective; impl: -; tasks: 64; nodes: 8
#!/bin/bash
#SBATCH -N 8
#SBATCH --ntasks-per-node=8
#SBATCH --gpus-per-node=8
#SBATCH --exclusive
srun --container-image=nvcr.io#nvidia/nemo:23.06 --container-mounts=/fsx:/fsx --mpi=pmix \
     bash -c 'python /opt/NeMo/examples/nlp/language_modeling/megatron_gpt_pretraining.py trainer.num_nodes=8'
