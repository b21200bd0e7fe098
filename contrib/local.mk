# contrib: the simulator, the rehearsal, what goes onto compute nodes, checks of the tree.
EXTRA_DIST += contrib/slurm/aws-burst.yaml.example contrib/slurm/plugstack.conf.example

include contrib/ci/ci.mk
include contrib/compute-node/compute-node.mk
include contrib/rehearsal/rehearsal.mk
