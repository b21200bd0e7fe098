#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 4
#
# A gang of 4000 nodes, from sbatch to EC2 empty again. Ending it takes the three minutes that EC2's limits take.

# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang
load gang_big

setup_file() {
	cluster_start --boot none --nodes 4000 --scenario '{"subnets": [
		{"id": "subnet-0aaaaaaaaaaaaaaa1", "az": "us-east-2a", "cidr": "10.80.0.0/18"},
		{"id": "subnet-0aaaaaaaaaaaaaaa2", "az": "us-east-2b", "cidr": "10.80.64.0/18"}]}' \
		--conf '{"slurm": {"partitions": [{
			"partition_name": "aws",
			"partition_options": {"Default": "YES", "MaxTime": "1:00:00", "OverSubscribe": "EXCLUSIVE"},
			"node_groups": [{
				"node_group_name": "hpc", "max_nodes": 4000, "region": "us-east-2", "purchasing_option": "on-demand",
				"slurm_specifications": {"CPUs": "4", "RealMemory": "1000"},
				"launch_template_specification": {"launch_template_name": "burst-lt", "version": "$Default"},
				"launch_template_overrides": [{"instance_type": "hpc7a.96xlarge"}],
				"subnet_ids": ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"],
				"security_group_ids": ["sg-0aaaaaaaaaaaaaaa1"]}]}]}}'
}

teardown_file() {
	LEFT_S=240 cluster_stop
}

setup() {
	need_helper
	SEEN=$(wc -l <"$BURST_JOURNAL")
}

teardown() {
	[[ -z ${BATS_TEST_SKIPPED:-} ]] || return 0
	cluster_teardown
}

@test "4000 nodes: four requests, all addresses told, every instance knows who it is; scancel ends all" {
	job=$(submit -N 4000 -t 5 --efa=required -w 'aws-hpc-[0-3999]' --wrap true)
	wait_for "told $job 'burst: 4000 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group *'" 60
	[ "$(new CreateFleet "$FLEET" | uniq -c | tr -s ' ' | tr '\n' ';')" = ' 1 [1000,1000,"hpc7a.96xlarge/1 hpc7a.96xlarge/2","G"]; 3 [1000,1000,"hpc7a.96xlarge/1","G"];' ]
	[ "$(launch_tags)" = 'aws-hpc-[0-999]
aws-hpc-[1000-1999]
aws-hpc-[2000-2999]
aws-hpc-[3000-3999]' ]
	addresses >"$BATS_TEST_TMPDIR/told"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/told")" -eq 4000 ]
	[ "$(cut -d' ' -f2 "$BATS_TEST_TMPDIR/told" | sort -u | wc -l)" -eq 4000 ]
	# no two of a launch have the same tags of position, and the compute node's own decoder finds the node that
	# Slurm has the address of
	[ "$(ec2_objects instance 'select(.state == "running") | [.tags."burst:launch", (.tags | keys | map(select(test("^burst:k[0-9]"))))]' | sort -u | wc -l)" -eq 4000 ]
	decoded 133 | sort >"$BATS_TEST_TMPDIR/decoded"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/decoded")" -ge 30 ]
	[ "$(comm -23 "$BATS_TEST_TMPDIR/decoded" "$BATS_TEST_TMPDIR/told")" = '' ]
	# 13 tags of position for 1000 instances, none for more than 1000; looks at 1000 a page
	[ "$(new CreateTags | wc -l)" -eq 52 ]
	[ "$(new CreateTags '.params.Resources | length' | sort -n | tail -n 1)" -le 1000 ]
	[ "$(new DescribeInstances | wc -l)" -le 12 ]
	[ "$(new DescribeSubnets | wc -l)" -le 1 ]
	[ "$(new DescribePlacementGroups | wc -l)" -le 3 ]

	in_cluster scancel "$job"
	# the nodes are free for others long before EC2 has ended all: of 1000 at once, then 20 a second
	wait_for '! in_cluster scontrol -o show node "aws-hpc-[0-3999]" | grep -v "State=[A-Z+]*POWERED_DOWN "' 60
	[ "$(live_count)" -gt 1000 ]
	wait_for '[ "$(live_count)" -eq 0 ]' 200
	[ "$(asked_to_end | sort -u | wc -l)" -eq 4000 ]
	# those that ended them shared the work: EC2 counts each instance in each request
	[ "$(asked_to_end | wc -l)" -le 4200 ]
	# EC2 never had to say no
	[ "$(tail -n "+$((SEEN + 1))" "$BURST_JOURNAL" | jq -r 'select(.error == "RequestLimitExceeded").action')" = '' ]
}
