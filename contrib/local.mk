# contrib: the simulator, the rehearsal, what goes onto compute nodes, checks of the tree.
include contrib/ci/ci.mk
include contrib/compute-node/compute-node.mk
include contrib/ec2sim/ec2sim.mk
include contrib/rehearsal/rehearsal.mk
include contrib/systemd/systemd.mk

# What a site copies and edits.
examplesdir = $(docdir)/examples
dist_examples_DATA = \
	contrib/aws/iam-policy.json \
	contrib/aws/spot-events.yaml \
	contrib/slurm/aws-burst.yaml.example \
	contrib/slurm/plugstack.conf.example
# End of dist_examples_DATA
