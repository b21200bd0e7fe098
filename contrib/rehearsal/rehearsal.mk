# the private cluster, and the rehearsal in it
EXTRA_DIST += \
	contrib/rehearsal/allreduce.c \
	contrib/rehearsal/cluster \
	contrib/rehearsal/ec2-call \
	contrib/rehearsal/ec2-left \
	contrib/rehearsal/ec2-state
# End of EXTRA_DIST
