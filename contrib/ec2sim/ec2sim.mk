# the simulator: run from the tree, not installed
EXTRA_DIST += \
	contrib/ec2sim/README.md \
	contrib/ec2sim/boot.py \
	contrib/ec2sim/bootfault.py \
	contrib/ec2sim/catalogue.py \
	contrib/ec2sim/ec2sim \
	contrib/ec2sim/errors.py \
	contrib/ec2sim/faults.py \
	contrib/ec2sim/filters.py \
	contrib/ec2sim/fleet.py \
	contrib/ec2sim/idempotency.py \
	contrib/ec2sim/imds.py \
	contrib/ec2sim/instances.py \
	contrib/ec2sim/journal.py \
	contrib/ec2sim/judge.py \
	contrib/ec2sim/judge_json.py \
	contrib/ec2sim/keys.py \
	contrib/ec2sim/launch.py \
	contrib/ec2sim/machine.py \
	contrib/ec2sim/network.py \
	contrib/ec2sim/newer.py \
	contrib/ec2sim/placement.py \
	contrib/ec2sim/quotas.py \
	contrib/ec2sim/scenario.py \
	contrib/ec2sim/scheduler.py \
	contrib/ec2sim/server.py \
	contrib/ec2sim/signature.py \
	contrib/ec2sim/simulator.py \
	contrib/ec2sim/store.py \
	contrib/ec2sim/sts.py \
	contrib/ec2sim/tags.py \
	contrib/ec2sim/templates.py \
	contrib/ec2sim/tests/awscli.bats \
	contrib/ec2sim/tests/bench.py \
	contrib/ec2sim/tests/test_faults.py \
	contrib/ec2sim/tests/test_fleet.py \
	contrib/ec2sim/tests/test_judge.py \
	contrib/ec2sim/tests/test_life.py \
	contrib/ec2sim/tests/test_newer.py \
	contrib/ec2sim/tests/test_objects.py \
	contrib/ec2sim/tests/test_process.py \
	contrib/ec2sim/tests/test_quotas.py \
	contrib/ec2sim/tests/test_signature.py \
	contrib/ec2sim/throttle.py \
	contrib/ec2sim/types.tsv \
	contrib/ec2sim/world.py
# End of EXTRA_DIST
