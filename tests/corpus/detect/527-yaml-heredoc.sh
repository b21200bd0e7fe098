# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
cat > conf.yaml <<EOF
launcher: mpirun
cmd: "srun -n 64 ./x"
EOF
python plan.py conf.yaml
