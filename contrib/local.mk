# contrib: the simulator, the rehearsal, what goes onto compute nodes.
EXTRA_DIST += contrib/slurm/aws-burst.yaml.example
