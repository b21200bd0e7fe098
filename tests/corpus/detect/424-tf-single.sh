# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 1 --gres=gpu:4
python -c "import tensorflow as tf; print(tf.config.list_physical_devices())"
python train.py --gpus 4
