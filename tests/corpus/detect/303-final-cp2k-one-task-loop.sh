# label: serial; impl: -; tasks: 1; nodes: 1
#!/bin/bash
#SBATCH -N 1
export OMP_NUM_THREADS=1
module load  mkl cp2k/2025.1/cpu
for inp_file in *.inp; do
    base_name="${inp_file%.inp}"
    mkdir -p "$base_name" && cp "$inp_file" "$base_name/"
    cd "$base_name"
    mpirun -np $SLURM_NTASKS \
        --bind-to none \
        cp2k.psmp -i "$inp_file" > "${base_name}.out" 2>&1
    cd ..
done
