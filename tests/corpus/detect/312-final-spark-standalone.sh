# label: service; impl: -; tasks: 4; nodes: 4
#!/bin/bash
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=20
module load Spark Java
MASTER=$(hostname)
$SPARK_HOME/sbin/start-master.sh
srun --ntasks=$SLURM_NNODES --ntasks-per-node=1 \
  $SPARK_HOME/bin/spark-class org.apache.spark.deploy.worker.Worker spark://$MASTER:7077 --cores 20 &
sleep 20
spark-submit --master spark://$MASTER:7077 bench.py
