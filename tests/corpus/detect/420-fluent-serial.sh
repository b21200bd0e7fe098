# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
fluent 3ddp -g -i run.jou
