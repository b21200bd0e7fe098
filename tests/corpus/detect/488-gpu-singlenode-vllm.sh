# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 1 --gpus=8
vllm serve meta-llama/Llama-3-70B --tensor-parallel-size 8
