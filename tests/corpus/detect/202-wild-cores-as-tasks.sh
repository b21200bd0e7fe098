# label: threads; impl: -; tasks: 28; nodes: 1
#!/bin/bash
#SBATCH --job-name=merge
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=28
#SBATCH--time=20:00:00
module load apps/plink/1.90
export out=/work/me/out
plink --bfile $out/chr1 --merge-list $out/list.txt --make-bed --out $out/merged
