# label: farm; impl: -; tasks: 16; nodes: 2
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks=16
# 16 docking runs at a time
i=0
while read lig; do
	srun -N1 -n1 --exact vina --ligand $lig --out out/$(basename $lig) &
	i=$((i+1))
	if [ $((i % 16)) -eq 0 ]; then wait; fi
done < ligands.txt
wait
