#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Gangs that come: from sbatch, salloc and srun to instances with EFA in a placement group, and back.

# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang

setup_file() {
	cluster_start --nodes 16
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
	# each test counts its own requests
	SEEN=$(wc -l <"$BURST_JOURNAL")
}

teardown() {
	cluster_teardown
}

# new ACTION [FILTER]: the helper's requests of this test
new() {
	tail -n "+$((SEEN + 1))" "$BURST_JOURNAL" |
		jq -c "select(.kind == \"request\" and .action == \"$1\" and .access_key == \"$BURST_ACCESS_KEY\") | ${2:-.}"
}

# every one, whatever its answer: a gang takes one request
fleets() {
	new CreateFleet .params
}

@test "sbatch: one CreateFleet for the gang, all or nothing, with EFA, placement group and tags" {
	job=$(submit_script <<-'END'
		#!/bin/bash
		#SBATCH -N 4 -t 5
		#SBATCH --efa=required
		#SBATCH --burst-cost=250
		srun -l hostname | sort -n
	END
	)
	wait_for "job_is $job COMPLETED" 60
	run -0 job_output "$job"
	[ "${lines[0]}" = "0: aws-hpc-0" ]
	[ "${lines[3]}" = "3: aws-hpc-3" ]

	fleet=$(fleets)
	[ "$(wc -l <<<"$fleet")" -eq 1 ]
	[ "$(jq .TargetCapacitySpecification.TotalTargetCapacity <<<"$fleet")" -eq 4 ]
	[ "$(jq .OnDemandOptions.MinTargetCapacity <<<"$fleet")" -eq 4 ]
	[ "$(jq .OnDemandOptions.SingleInstanceType <<<"$fleet")" = true ]
	[ "$(jq .OnDemandOptions.SingleAvailabilityZone <<<"$fleet")" = true ]

	# the placement group's name stands in every override, and the group was made for this gang
	groups=$(jq -r '.LaunchTemplateConfigs[].Overrides[].Placement.GroupName' <<<"$fleet" | sort -u)
	[[ $groups =~ ^burst-rehearsal-$job-[0-9a-f]{10}$ ]]
	[ "$(new CreatePlacementGroup '.params.GroupName' | jq -r .)" = "$groups" ]
	[ "$(new CreatePlacementGroup '.params.Strategy' | jq -r .)" = cluster ]

	# every launch template version used has an EFA interface
	while read -r version; do
		requests CreateLaunchTemplateVersion \
			"select(.result.version == $version) | .params.LaunchTemplateData.NetworkInterfaces[].InterfaceType" |
			grep -q efa
	done < <(jq -r '.LaunchTemplateConfigs[].LaunchTemplateSpecification.Version' <<<"$fleet")

	tags=$(jq -c '[.TagSpecifications[] | select(.ResourceType == "instance").Tags[] | {(.Key): .Value}] | add' <<<"$fleet")
	[ "$(jq -r '."burst:cluster"' <<<"$tags")" = rehearsal ]
	[ "$(jq -r '."burst:job"' <<<"$tags")" = "$job" ]
	[ "$(jq -r '."burst:user"' <<<"$tags")" = researcher ]
	[ "$(jq -r '."burst:nodes"' <<<"$tags")" = 'aws-hpc-[0-3]' ]
	[ "$(jq -r '."burst:launch"' <<<"$tags")" = "$(jq -r .ClientToken <<<"$fleet")" ]

	run -0 job_field "$job" AdminComment
	[[ $output =~ ^"burst: 4 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group $groups, 28.80 USD/h, <= 8."[0-9]+" USD of 250.00"$ ]]

	wait_for settled 60
	# each instance was ended once, by id
	[ "$(new TerminateInstances '.params.InstanceIds[]' | sort -u | wc -l)" -eq 4 ]
}

@test "the intent reaches prolog, which writes it down" {
	job=$(submit -N 2 -t 5 --efa=required --burst-cost=30/h --wrap true)
	wait_for "job_is $job COMPLETED" 60
	grep -q "prolog.* job=$job .*intent recorded: efa required, limit 30.00/h" "$BURST_LOG"
	grep -q "job=$job .*EFA required (the job's --efa)" "$BURST_LOG"
	grep -q "job=$job .*limit 30.00/h" "$BURST_LOG"
	wait_for settled 60
}

@test "salloc: the gang is there when the shell begins" {
	run -0 as_user salloc -N 2 -t 5 --efa=preferred srun hostname
	[[ $output == *aws-hpc-0* && $output == *aws-hpc-1* ]]
	[ "$(fleets | wc -l)" -eq 1 ]
	wait_for settled 60
}

@test "srun: one node, EFA disabled: no placement group, no EFA interface" {
	run -0 as_user srun -N 1 -t 5 --efa=disabled hostname
	[[ $output == *aws-hpc-* ]]
	fleet=$(fleets)
	[ "$(wc -l <<<"$fleet")" -eq 1 ]
	[ "$(jq '[.LaunchTemplateConfigs[].Overrides[] | select(.Placement)] | length' <<<"$fleet")" -eq 0 ]
	[ "$(new CreatePlacementGroup | wc -l)" -eq 0 ]
	version=$(jq -r '.LaunchTemplateConfigs[0].LaunchTemplateSpecification.Version' <<<"$fleet")
	[ "$(requests CreateLaunchTemplateVersion "select(.result.version == $version) | [.params.LaunchTemplateData.NetworkInterfaces[].InterfaceType]")" = '["interface"]' ]
	wait_for settled 60
}

@test "two jobs in one resume call are two gangs" {
	in_cluster scontrol update partitionname=aws state=down
	one=$(submit -N 3 -t 5 --efa=required --wrap 'srun hostname')
	two=$(submit -N 2 -t 5 --efa=preferred --wrap 'srun hostname')
	in_cluster scontrol update partitionname=aws state=up
	wait_for "job_is $one COMPLETED && job_is $two COMPLETED" 90
	[ "$(fleets | jq -c '[.TargetCapacitySpecification.TotalTargetCapacity, .OnDemandOptions.MinTargetCapacity]' | sort)" = $'[2,2]\n[3,3]' ]
	[ "$(fleets | jq -r '.LaunchTemplateConfigs[0].Overrides[0].Placement.GroupName' | sort -u | wc -l)" -eq 2 ]
	# it was one call
	grep "resume\[.*called for" "$BURST_LOG" | tail -n 1 | grep -q 'called for aws-hpc-\[0-4\]'
	wait_for settled 60
}

@test "one-node jobs of one user are pooled in one request" {
	in_cluster scontrol update partitionname=aws state=down
	jobs=$(for _ in 1 2 3; do submit -N 1 -t 5 --wrap hostname; done)
	in_cluster scontrol update partitionname=aws state=up
	for job in $jobs; do wait_for "job_is $job COMPLETED" 60; done
	[ "$(fleets | jq -c '[.TargetCapacitySpecification.TotalTargetCapacity, .OnDemandOptions.MinTargetCapacity]')" = '[3,null]' ]
	run -0 job_field "${jobs%%$'\n'*}" AdminComment
	[[ $output == "burst: 1 x hpc7a.96xlarge on-demand us-east-2a, 7.20 USD/h, <= "* ]]
	wait_for settled 60
}

@test "a pool: each job's limit is its own, and a node is free when its job has ended" {
	in_cluster scontrol update partitionname=aws state=down
	short=$(submit -N 1 -t 5 --burst-cost=4 -w aws-hpc-0 --wrap true)
	long=$(submit -N 1 -t 5 --burst-cost=4 -w aws-hpc-1 --wrap 'sleep 200')
	in_cluster scontrol update partitionname=aws state=up
	wait_for "job_is $short COMPLETED && job_is $long RUNNING" 90
	[ "$(fleets | jq -c '[.TargetCapacitySpecification.TotalTargetCapacity, .OnDemandOptions.MinTargetCapacity]')" = '[2,null]' ]
	wait_for '[ "$(live_count)" -eq 1 ] && node_is aws-hpc-0 POWERED_DOWN' 60
	third=$(submit -N 1 -t 5 --efa=required -w aws-hpc-0 --wrap true)
	wait_for "job_is $third COMPLETED" 90
	[ "$(job_field "$third" Restarts)" = 0 ]
	[ "$(job_state "$long")" = RUNNING ]
	in_cluster scancel "$long"
	wait_for settled 60
}

@test "nodes without a job: scontrol power up, best effort" {
	in_cluster scontrol update "nodename=aws-hpc-[10-11]" state=power_up
	wait_for 'node_is aws-hpc-10 IDLE && ! node_is aws-hpc-10 POWERING_UP && ! node_is aws-hpc-10 POWERED_DOWN && ! node_is aws-hpc-11 POWERING_UP' 60
	[ "$(live_count)" -eq 2 ]
	wait_for 'helper status | grep -q " active "' 10
	run -0 helper status --json
	[ "$(jq -r '.gangs[0] | [.nodes, .all_or_nothing, .state] | @csv' <<<"$output")" = '"aws-hpc-[10-11]",false,"active"' ]
	in_cluster scontrol update "nodename=aws-hpc-[10-11]" state=power_down
	wait_for settled 60
}

@test "resume without a resume file says so, and takes every node as one of no job" {
	run -0 helper resume aws-hpc-12
	grep -q 'SLURM_RESUME_FILE is not set: every node is treated as one of no job, best effort' "$BURST_LOG"
	[ "$(fleets | jq -c '[.TargetCapacitySpecification.TotalTargetCapacity, .OnDemandOptions.MinTargetCapacity]')" = '[1,null]' ]
	wait_for '! node_is aws-hpc-12 POWERED_DOWN' 30
	in_cluster scontrol update nodename=aws-hpc-12 state=power_down_force
	wait_for settled 60
}

@test "status: a table for people, JSON for programs" {
	job=$(submit -N 2 -t 5 --efa=required --wrap 'sleep 300')
	wait_for "job_is $job RUNNING" 60
	wait_for "helper status | grep -q ' active '" 20
	run -0 helper status
	[[ ${lines[0]} =~ ^GANG\ +JOB\ +STATE\ +NODES ]]
	[[ ${lines[1]} =~ ^$job-[0-9a-f]{10}\ +$job\ +active\ +2\ +hpc7a.96xlarge\ +us-east-2a\ +yes\ +14.40 ]]
	[[ $output =~ [[:space:]]aws-hpc-[0-9]+\ +i-[0-9a-f]+\ +running\ +10\.77\. ]]
	run -0 helper status --json
	[ "$(jq -r '.gangs[0].instances | length' <<<"$output")" -eq 2 ]
	[ "$(jq -r '.gangs[0].rate_uusd_hr' <<<"$output")" -eq 7200000 ]
	in_cluster scancel "$job"
	wait_for settled 60
	wait_for '[ "$(helper status)" = "no gangs (--all shows those that are over)" ]' 20
}

@test "heterogeneous job: its components are one gang" {
	job=$(submit_script <<-'END'
		#!/bin/bash
		#SBATCH -N 2 -t 5 --efa=required
		#SBATCH hetjob
		#SBATCH -N 1 -t 5
		srun --het-group=0,1 hostname
	END
	)
	wait_for "job_is $job COMPLETED" 90
	[ "$(fleets | jq -c .OnDemandOptions.MinTargetCapacity)" = 3 ]
	wait_for settled 60
}

@test "suspend twice is harmless; unknown nodes are named" {
	job=$(submit -N 2 -t 5 --efa=required --wrap 'sleep 300')
	wait_for "job_is $job RUNNING" 60
	in_cluster scancel "$job"
	wait_for settled 60
	before=$(request_count TerminateInstances)
	run -0 helper suspend 'aws-hpc-[0-1]'
	run -0 helper suspend 'aws-hpc-[0-1],elsewhere-7'
	[ "$(request_count TerminateInstances)" -eq "$before" ]
	grep -q "nodes elsewhere-7 are of no node group" "$BURST_LOG"
}

@test "a job that does not wait for its gang any more: all of it goes" {
	faults '[{"action": "CreateFleet", "every": true, "delay_ms": 1500}]'
	job=$(submit -N 3 -t 5 --efa=required --wrap hostname)
	wait_for '[ "$(new CreatePlacementGroup | wc -l)" -eq 1 ]' 20
	as_user scancel "$job"
	faults '[]'
	wait_for settled 60
	wait_for '[ -z "$(helper status --json | jq -r ".gangs[]")" ]' 20
}

@test "a job that gets nodes of an ended gang with another intent waits for nodes of its own" {
	first=$(submit -N 2 -t 5 --efa=disabled --wrap true)
	wait_for "job_is $first RUNNING || job_is $first COMPLETED" 60
	second=$(submit -N 2 -t 5 --efa=required -w 'aws-hpc-[0-1]' --wrap true)
	wait_for "job_is $second COMPLETED" 180
	run -0 job_field "$second" AdminComment
	[[ $output == *", EFA, placement group "* ]]
	wait_for settled 60
}

@test "a job that gets nodes of a cancelled gang with another intent waits for nodes of its own" {
	first=$(submit -N 2 -t 5 --efa=disabled --wrap 'sleep 60')
	wait_for '[ "$(live_count)" -eq 2 ]' 60
	as_user scancel "$first"
	second=$(submit -N 3 -t 5 --efa=required -w 'aws-hpc-[0-2]' --wrap true)
	wait_for "job_is $second COMPLETED" 180
	[ "$(fleets | jq -c .OnDemandOptions.MinTargetCapacity | tail -n 1)" = 3 ]
	run -0 job_field "$second" AdminComment
	[[ $output == *"3 x "*", EFA, placement group "* ]]
	wait_for settled 60
}
