# label: workflow; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1
#SBATCH --ntasks=1
function write_job_file {
  BIN=$1
  cat > slurm.job <<EOF
#!/bin/bash
#SBATCH -n 64
#SBATCH -N 1
cd $2
srun --mpi=pmix $BIN namoptions.000 -log_view
EOF
}
for d in a b c; do
  write_job_file $HOME/dales4 $d
  sbatch slurm.job
done
