# the private cluster, and the rehearsal in it
EXTRA_DIST += \
	contrib/rehearsal/README.md \
	contrib/rehearsal/allreduce.c \
	contrib/rehearsal/cluster \
	contrib/rehearsal/ec2-call \
	contrib/rehearsal/ec2-left \
	contrib/rehearsal/ec2-state \
	contrib/rehearsal/job.sh \
	contrib/rehearsal/packages \
	contrib/rehearsal/run \
	contrib/rehearsal/timeline
# End of EXTRA_DIST
