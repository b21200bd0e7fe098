# label: mpi; impl: intelmpi; tasks: 5; nodes: -
#!/bin/bash
#SBATCH -p short                   # partition (queue)
#SBATCH -n 5                     # number of cores
module load pre2019
module load intel/2018b mpi/impi/18.0.4
SRC=$HOME/qmc/bin
JOB=$(echo $1 | sed s/\.inp//g)
srun  $SRC/vmc.mov1  < $JOB.inp > $JOB.out
