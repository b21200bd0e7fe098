# label: mpi; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -N 4 -n 64
cat > wrapper.sh <<'EOF'
#!/bin/bash
export CUDA_VISIBLE_DEVICES=$SLURM_LOCALID
exec ./hydro "$@"
EOF
chmod +x wrapper.sh
mpirun ./wrapper.sh -i deck
