# label: service; impl: -; tasks: 8; nodes: 8
#!/bin/bash
#SBATCH -N 8
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
module load spark/3.4 java
start-master.sh
srun $SPARK_HOME/bin/spark-class org.apache.spark.deploy.worker.Worker spark://$(hostname):7077 &
sleep 15
spark-submit --master spark://$(hostname):7077 --class org.lab.WordCount wc.jar hdfs:///corpus
