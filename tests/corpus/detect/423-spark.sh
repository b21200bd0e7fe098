# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 --ntasks-per-node=1
$SPARK_HOME/sbin/start-all.sh
spark-submit --master spark://$(hostname):7077 job.py
