#!/bin/bash
# options: --burst-cost=10
#SBATCH --nodes=8 -t 60 --mem=120G
mpirun pw.x -in scf.in
