#!/bin/bash
#SBATCH -p aws -t 30
python3 train.py
