#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 4
#
# A job is cancelled at every moment of its gang's way up: nothing is launched, or all of it goes.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034 # wait_for evaluates its argument
load cluster
load gang
load tries
load races

setup_file() {
	races_start
}

teardown_file() {
	wait_for settled 60
	cluster_stop
}

setup() {
	races_setup
}

teardown() {
	end_test
}

# cancelled_at ACTION LAUNCHED [SBATCH-ARGUMENT...]: cancelled while this request is held at EC2
cancelled_at() {
	local action=$1 launched=$2 before
	shift 2
	forget_answers
	slow "$action" 5000
	job=$(job hpc 2 --efa=required "$@")
	# held from now on: no answer of it is in the journal before its five seconds are over
	case $action in
	DescribeSubnets | CreatePlacementGroup) before='gang_is $job planned' ;;
	DescribePlacementGroups) before='[ "$(new CreatePlacementGroup | wc -l)" -eq 1 ]' ;;
	CreateLaunchTemplateVersion) before='gang_is $job group_ready' ;;
	CreateFleet) before='gang_is $job launching' ;;
	DescribeInstances) before='[ "$(new CreateFleet | wc -l)" -eq 1 ]' ;;
	CreateTags) before='gang_is $job bound' ;;
	esac
	wait_for "$before" 30
	# those that count groups for their quota are answered by then
	[ "$action" = DescribePlacementGroups ] || [ "$(new "$action" | wc -l)" -eq 0 ]
	as_user scancel "$job"
	nodes=$(nodes_of_test)
	took_down "$job" "$nodes" "$launched"
	[ "$(job_state "$job")" = CANCELLED ]
	# none was sent a second time, and none after it
	[ "$(new CreateFleet | wc -l)" -eq $((launched ? 1 : 0)) ]
	grep -qE "job=$job .*(sent back|taken down): job $job does not wait any more: cancelled or requeued" "$BURST_LOG"
	# nobody failed: neither the node group nor a pool is held to it
	[ "$(db 'SELECT count(*) FROM pool_failure')" = 0 ]
	[ "$(helper status --json | jq -c '[.gangs, .closed] | add')" = '[]' ]
}

# nodes_of_test: those that job() gave last
nodes_of_test() {
	local next
	next=$(cat "$BATS_FILE_TMPDIR/used.hpc")
	echo "aws-hpc-[$((next - 2))-$((next - 1))]"
}

@test "cancelled at DescribeSubnets: nothing is launched" {
	cancelled_at DescribeSubnets 0
	[ "$(new CreatePlacementGroup | wc -l)" -eq 0 ]
}

@test "cancelled at CreatePlacementGroup: the group goes, nothing is launched" {
	cancelled_at CreatePlacementGroup 0
	[ "$(new DeletePlacementGroup 'select(.status == 200)' | wc -l)" -eq 1 ]
}

@test "cancelled at DescribePlacementGroups: the group goes, nothing is launched" {
	cancelled_at DescribePlacementGroups 0
	[ "$(new DeletePlacementGroup 'select(.status == 200)' | wc -l)" -eq 1 ]
}

@test "cancelled at CreateLaunchTemplateVersion: nothing is launched" {
	cancelled_at CreateLaunchTemplateVersion 0
}

@test "cancelled at CreateFleet: what comes is ended at once" {
	cancelled_at CreateFleet 2
	# without an address, a tag or a word to Slurm
	[ "$(new CreateTags | wc -l)" -eq 0 ]
}

@test "cancelled at DescribeInstances, before the addresses are known: all is ended" {
	cancelled_at DescribeInstances 2
	[ "$(new CreateTags | wc -l)" -eq 0 ]
}

@test "cancelled at CreateTags: all is ended" {
	cancelled_at CreateTags 2
}

@test "cancelled at CreateFleet, and its answer is lost: what was launched is found by its tag and ended" {
	faults '[{"action": "CreateFleet", "call": 1, "delay_ms": 5000, "drop": "after"},
		{"action": "CreateFleet", "from": 2, "error": {"code": "InternalError", "message": "An internal error has occurred", "status": 500}}]'
	job=$(job hpc 2 --efa=required)
	wait_for 'gang_is $job launching' 30
	as_user scancel "$job"
	nodes=$(nodes_of_test)
	wait_for '[ "$(new CreateFleet ".result.instances[]?" | wc -l)" -eq 2 ]' 20
	launched=$(new CreateFleet '.result.instances[]?' | sort)
	wait_for '[ -n "$(new TerminateInstances)" ]' 40
	wait_for '[ "$(live_count)" -eq 0 ]' 40
	[ "$(new TerminateInstances '.params.InstanceIds[]' | sort -u)" = "$launched" ]
	# shellcheck disable=SC2046
	wait_for "all_are IDLE+CLOUD+POWERED_DOWN $(in_cluster scontrol show hostnames "$nodes" | tr '\n' ' ')" 30
	[ "$(job_state "$job")" = CANCELLED ]
	# until EC2 can no longer be launching, the launch is looked for
	wait_for '[ -z "$(ec2_objects group)" ]' 100
}

@test "cancelled while its nodes boot: all is ended" {
	faults '[{"action": "CreateFleet", "every": true, "boot": "hang"}]'
	job=$(job hpc 2 --efa=required)
	wait_for 'gang_is $job announced' 30
	as_user scancel "$job"
	took_down "$job" "$(nodes_of_test)" 2
	grep -qE "job=$job .*taken down: job $job does not wait any more: cancelled or requeued" "$BURST_LOG"
	# their addresses may be others' soon
	[ "$(in_cluster scontrol -o show node "$(nodes_of_test)" | grep -c 'NodeAddr=127.0.0.254 ')" -eq 2 ]
}

@test "cancelled just as its gang becomes active: all is ended" {
	job=$(job hpc 2 --efa=required)
	wait_for 'gang_is $job active' 40
	as_user scancel "$job"
	took_down "$job" "$(nodes_of_test)" 2
}

@test "cancelled between the registration of its first node and of its last" {
	faults '[{"action": "CreateFleet", "every": true, "boot": "hang", "instances": [1]}]'
	job=$(job hpc 2 --efa=required)
	nodes=$(nodes_of_test)
	first=$(in_cluster scontrol show hostnames "$nodes" | head -n 1)
	wait_for 'gang_is $job announced' 30
	wait_for '! node_is "$first" POWERING_UP' 40
	gang_is "$job" announced
	as_user scancel "$job"
	took_down "$job" "$nodes" 2
}

@test "srun is interrupted while EC2 launches: all is ended" {
	slow CreateFleet 6000
	echo 60 >"$BATS_FILE_TMPDIR/used.hpc"
	as_user srun -N 2 -t 5 -w 'aws-hpc-[58-59]' --efa=required hostname 3>&- &
	wait_for 'job=$(in_cluster squeue -h -o %A | head -n 1); [ -n "$job" ] && gang_is $job launching' 30
	job=$(in_cluster squeue -h -o %A | head -n 1)
	in_cluster pkill -INT -x srun
	wait || :
	as_user scancel "$job" 2>/dev/null || :
	took_down "$job" 'aws-hpc-[58-59]' 2
}
