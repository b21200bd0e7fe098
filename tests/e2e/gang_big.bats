#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 4
#
# Gangs that are larger than one request: several of them in one placement group, all or none. Instances have
# no machines here; what matters is what EC2 and Slurm are told.

# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang
load gang_big

setup_file() {
	local partition
	# small: 1019 addresses; quota: 1200 x 72 vCPUs
	partition=$(jq -nc '
		def group($name; $nodes; $type; $subnets): {
			node_group_name: $name, max_nodes: $nodes, region: "us-east-2", purchasing_option: "on-demand",
			slurm_specifications: {CPUs: "4", RealMemory: "1000"},
			launch_template_specification: {launch_template_name: "burst-lt", version: "$Default"},
			launch_template_overrides: [{instance_type: $type}],
			subnet_ids: [$subnets[] | "subnet-0aaaaaaaaaaaaaaa\(.)"],
			security_group_ids: ["sg-0aaaaaaaaaaaaaaa1"]};
		{partition_name: "aws", partition_options: {Default: "YES", MaxTime: "1:00:00", OverSubscribe: "EXCLUSIVE"},
		 node_groups: [group("hpc"; 4000; "hpc7a.96xlarge"; [1, 2]), group("small"; 1020; "hpc7a.96xlarge"; [3]),
			group("quota"; 1201; "c5n.18xlarge"; [1, 2])]}')
	cluster_start --boot none --conf "{\"slurm\": {\"requeue_delay_s\": 600, \"partitions\": [$partition]}, \"launch\": {\"placement_group_quota\": 4}}" \
		--scenario '{
			"quotas": {"on-demand": {"standard": 86400}, "placement-groups": 4},
			"subnets": [
				{"id": "subnet-0aaaaaaaaaaaaaaa1", "az": "us-east-2a", "cidr": "10.80.0.0/18"},
				{"id": "subnet-0aaaaaaaaaaaaaaa2", "az": "us-east-2b", "cidr": "10.80.64.0/18"},
				{"id": "subnet-0aaaaaaaaaaaaaaa3", "az": "us-east-2c", "cidr": "10.80.128.0/22"}]}'
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
	SEEN=$(wc -l <"$BURST_JOURNAL")
}

teardown() {
	[[ -z ${BATS_TEST_SKIPPED:-} ]] || return 0
	faults '[]'
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	helper open aws-hpc # forget what failed
	wait_for 'settled && ! in_cluster pgrep -x aws-slurm-burst' 240
	# EC2's buckets are full again in a minute or four: begin the next test as if they had passed
	rm -f "$BURST_STATE/buckets"
	"$REHEARSAL/cluster" daemon "$BURST_DIR" ec2sim restart
}

@test "1001 nodes: 501 and 500 in one placement group, the second where the first is" {
	job=$(submit -N 1001 -t 5 --efa=required -w 'aws-hpc-[0-1000]' --wrap true)
	wait_for "told $job 'burst: 1001 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group *'" 60
	[ "$(new CreateFleet "$FLEET")" = '[501,501,"hpc7a.96xlarge/1 hpc7a.96xlarge/2","G"]
[500,500,"hpc7a.96xlarge/1","G"]' ]
	[ "$(new CreatePlacementGroup | wc -l)" -eq 1 ]
	[ "$(new CreateFleet '.params.LaunchTemplateConfigs[].Overrides[].Placement.GroupName' | sort -u | wc -l)" -eq 1 ]
	[ "$(new CreateFleet '[.params.OnDemandOptions | .SingleInstanceType, .SingleAvailabilityZone]' | sort -u)" = '[true,true]' ]
	# each has its token, which its instances carry, and its part of the nodes
	[ "$(new CreateFleet .params.ClientToken | sort -u | wc -l)" -eq 2 ]
	[ "$(launch_tags)" = 'aws-hpc-[0-500]
aws-hpc-[501-1000]' ]
	new CreateFleet '[.params.ClientToken, (.params.TagSpecifications[] | select(.ResourceType == "instance").Tags[]
		| select(.Key == "burst:launch").Value)] | .[0] == .[1]' | sort -u | grep -qx true
	[ "$(live_count)" -eq 1001 ]
	addresses >"$BATS_TEST_TMPDIR/told"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/told")" -eq 1001 ]
	[ "$(comm -23 <(decoded 90 | sort) "$BATS_TEST_TMPDIR/told")" = '' ]
}

@test "the second request fails: the first is undone, and the next pool is asked for all" {
	faults '[{"action": "CreateFleet", "call": 2, "pool_error": {"code": "InsufficientInstanceCapacity", "message": "We currently do not have sufficient capacity in the Availability Zone you requested."}}]'
	job=$(submit -N 1001 -t 5 --efa=required -w 'aws-hpc-[0-1000]' --wrap true)
	wait_for "told $job 'burst: 1001 x hpc7a.96xlarge on-demand us-east-2b, EFA, placement group *'" 60
	# a cluster placement group that had instances stays in their zone: the next try has its own
	[ "$(new CreateFleet "$FLEET")" = '[501,501,"hpc7a.96xlarge/1 hpc7a.96xlarge/2","G"]
[500,500,"hpc7a.96xlarge/1","G"]
[501,501,"hpc7a.96xlarge/2","G-2"]
[500,500,"hpc7a.96xlarge/2","G-2"]' ]
	[ "$(new CreateFleet .params.ClientToken | sort -u | wc -l)" -eq 4 ]
	# what the first request gave was ended, each once, before the next was sent
	[ "$(asked_to_end | sort)" = "$(new CreateFleet '.result.instances[]' | head -n 501 | sort)" ]
	[ "$(tail -n "+$((SEEN + 1))" "$BURST_JOURNAL" | jq -r 'select(.error == null and (.action == "CreateFleet" or .action == "TerminateInstances")).action' | uniq -c | tr -s ' ' | tr '\n' ';')" = ' 2 CreateFleet; 4 TerminateInstances; 2 CreateFleet;' ]
	wait_for '[ "$(live_count)" -eq 1001 ]' 20
	[ "$(addresses | wc -l)" -eq 1001 ]
	# the tries, as a person reads them
	run -0 helper explain "$job"
	said=$(tr -s ' \n' ' ' <<<"$output")
	[[ $said == *'try 1 '*'1001 x hpc7a.96xlarge in us-east-2a|us-east-2b, on-demand, EFA, placement group'*InsufficientInstanceCapacity*'try 2 '*'1001 x hpc7a.96xlarge in us-east-2b, on-demand, EFA, placement group'* ]]
}

@test "all requests of a large gang fail: nothing of it stays" {
	faults '[{"action": "CreateFleet", "every": true, "capacity": {"hpc7a.96xlarge": 600}}]'
	job=$(submit -N 1001 -t 5 --efa=required -w 'aws-hpc-[0-1000]' --wrap true)
	wait_for "told $job 'burst: EC2 gave 0 of 500 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: *; then hpc7a.96xlarge in us-east-2b, on-demand, EFA, placement group: InsufficientInstanceCapacity; *; tried again not before *'" 60
	wait_for "job_is $job PENDING" 30
	[ "$(new CreateFleet "$FLEET" | wc -l)" -eq 4 ]
	wait_for '[ "$(live_count)" -eq 0 ]' 20
	[ "$(asked_to_end | sort)" = "$(new CreateFleet '.result.instances[]' | sort)" ]
}

@test "1020 nodes for 1019 addresses: no fleet is asked for" {
	job=$(submit -N 1020 -t 5 --efa=required -w 'aws-small-[0-1019]' --wrap true)
	wait_for "told $job 'burst: *1020 nodes need an address each*subnet-0aaaaaaaaaaaaaaa3*1019*'" 30
	[ "$(new CreateFleet | wc -l)" -eq 0 ]
	[ "$(new CreatePlacementGroup | wc -l)" -eq 0 ]
}

@test "1201 nodes for the vCPUs of 1200: no fleet is asked for" {
	job=$(submit -N 1201 -t 5 --efa=required -w 'aws-quota-[0-1200]' --wrap true)
	wait_for "told $job 'burst: *1201 x c5n.18xlarge need 86472 vCPUs, but the on-demand quota of Standard instances has 86400 left*'" 30
	[ "$(new CreateFleet | wc -l)" -eq 0 ]
	[ "$(new CreatePlacementGroup | wc -l)" -eq 0 ]
}

@test "no placement group is to be had: no fleet is asked for" {
	local name
	for name in theirs-1 theirs-2 theirs-3 theirs-4; do
		ec2 create_placement_group "{\"GroupName\": \"$name\", \"Strategy\": \"cluster\"}"
	done
	job=$(submit -N 1001 -t 5 --efa=required -w 'aws-hpc-[0-1000]' --wrap true)
	wait_for "told $job 'burst: *PlacementGroupLimitExceeded*'" 30
	[ "$(new CreateFleet | wc -l)" -eq 0 ]
	for name in theirs-1 theirs-2 theirs-3 theirs-4; do
		ec2 delete_placement_group "{\"GroupName\": \"$name\"}"
	done
}
