# label: farm; impl: -; tasks: 4; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks=4
echo "nodes: $SLURM_NODELIST"
srun -n $SLURM_NTASKS bash -c "
    echo 'task \$SLURM_PROCID on \$(hostname)'
    ./render --frame \$SLURM_PROCID
"
