# label: farm; impl: -; tasks: 8; nodes: 1
#!/bin/bash
#SBATCH -n 8
#SBATCH -N 1
cat > jobs.conf << EOF
0 ./train.sh fold0
1 ./train.sh fold1
2 ./train.sh fold2
3 ./train.sh fold3
4-7 python baseline.py --fold %t
EOF
srun --multi-prog jobs.conf
