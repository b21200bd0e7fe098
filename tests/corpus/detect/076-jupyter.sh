# label: serial; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH -n 1 -c 4 --mem 16G
port=$(shuf -i 8000-9999 -n 1)
echo "ssh -N -L $port:$(hostname):$port login"
jupyter lab --no-browser --ip=0.0.0.0 --port=$port
