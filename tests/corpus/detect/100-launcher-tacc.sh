# label: farm; impl: -; tasks: 112; nodes: 2
#!/bin/bash
#SBATCH -J parametric
#SBATCH -N 2
#SBATCH -n 112
#SBATCH -p normal
module load launcher
export LAUNCHER_PLUGIN_DIR=$LAUNCHER_DIR/plugins
export LAUNCHER_RMI=SLURM
export LAUNCHER_JOB_FILE=helloworld
$LAUNCHER_DIR/paramrun
