# label: threads; impl: -; tasks: 28; nodes: 1
#!/bin/bash
#SBATCH --nodes=1
#SBATCH --ntasks=28
#SBATCH --mem=168gb
source ~/.bashrc
echo "./metafast.sh -i `cat ${FILE_LIST}` -k $KMER -p 4"
./metafast.sh -i `cat ${FILE_LIST}` -k $KMER -m 160G -p 28
