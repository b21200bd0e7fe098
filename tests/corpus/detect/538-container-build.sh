# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
#SBATCH -n 1
apptainer build --fakeroot mpi.sif mpi.def
podman build -t mpirun .
