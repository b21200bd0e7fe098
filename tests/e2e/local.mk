# End to end: bats against real slurmctld, slurmd and the simulator.
EXTRA_DIST += tests/e2e/cluster.bash
EXTRA_DIST += tests/e2e/compute-node.bats
