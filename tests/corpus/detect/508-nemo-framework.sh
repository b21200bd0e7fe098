# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 8 --ntasks-per-node=8 --gpus-per-node=8 --exclusive
read -r -d '' cmd <<EOF
cd /opt/NeMo && python -u examples/nlp/language_modeling/megatron_gpt_pretraining.py trainer.num_nodes=8 trainer.devices=8
EOF
srun --container-image=nemo.sqsh bash -c "${cmd}"
