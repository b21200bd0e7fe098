#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Jobs that share nodes: one gang, and each is safe from the other's end.

# shellcheck disable=SC2016 # wait_for evaluates its argument

load cluster
load gang

setup_file() {
	cluster_start --nodes 4 --slurm SuspendTime=3 --conf '{"slurm": {"partitions": [{
		"partition_name": "aws",
		"partition_options": {"Default": "YES", "MaxTime": "1:00:00", "OverSubscribe": "NO"},
		"node_groups": [{
			"node_group_name": "hpc", "max_nodes": 4, "region": "us-east-2", "reuse": true,
			"slurm_specifications": {"CPUs": "4", "RealMemory": "1000"},
			"purchasing_option": "on-demand",
			"launch_template_specification": {"launch_template_name": "burst-lt", "version": "$Default"},
			"launch_template_overrides": [{"instance_type": "hpc7a.96xlarge"}],
			"subnet_ids": ["subnet-0aaaaaaaaaaaaaaa1"],
			"security_group_ids": ["sg-0aaaaaaaaaaaaaaa1"]}]}]}}'
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
}

teardown() {
	cluster_teardown
}

@test "two jobs on one node: one gang; the end of one leaves the other's node alone" {
	in_cluster scontrol update partitionname=aws state=down
	both=$(submit -N 2 -n 2 -t 5 --efa=optional -w 'aws-hpc-[0-1]' --wrap true)
	one=$(submit -N 1 -n 1 -t 5 --efa=required -w aws-hpc-1 --wrap 'until [ -e ~/go ]; do sleep 1; done')
	in_cluster scontrol update partitionname=aws state=up
	wait_for "job_is $both COMPLETED && job_is $one RUNNING" 90
	# one request for the union of their nodes, with the stricter wish
	[ "$(requests CreateFleet '.params.OnDemandOptions.MinTargetCapacity')" = 2 ]
	# node 0 is idle and goes; node 1 has a job
	wait_for 'node_is aws-hpc-0 POWERED_DOWN && [ "$(live_count)" -eq 1 ]' 60
	[ "$(job_state "$one")" = RUNNING ]
	: >"$BURST_HOME/go"
	wait_for "job_is $one COMPLETED" 90
	wait_for settled 60
}
