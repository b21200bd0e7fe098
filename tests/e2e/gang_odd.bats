#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Answers of EC2 that are neither yes nor no: too few, too many, late, incomplete, lost.

# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang
load tries

# a suspend while the simulator is away
ALLOWED_ERRORS+='
power_save: program exit status of 1$'

setup_file() {
	cluster_start --conf "$(tries_conf '{"slurm": {"requeue_delay_s": 3, "max_attempts": 2}}' \
		"$(node_group hpc "$(types hpc7a.96xlarge c7i.48xlarge | jq '. + {max_nodes: 40}')")")"
}

teardown_file() {
	wait_for settled 60
	cluster_stop
}

setup() {
	need_helper
	begin_test
}

teardown() {
	end_test
}

# ended: what EC2 gave in this test and was given back, by id
ended() {
	new TerminateInstances '.params.InstanceIds[]' | sort -u
}

# given [N]: the ids that EC2 gave in this test, or in its Nth CreateFleet
given() {
	new CreateFleet '.result.instances // []' | sed -n "${1:-1,\$}p" | jq -c '.[]' | sort -u
}

# sim KEY JSON: the simulator is so from here on; it forgets machines, so nothing may run.
sim() {
	jq --argjson value "$2" ".$1 = \$value" "$BURST_SCENARIO" >"$BATS_TEST_TMPDIR/scenario"
	cat "$BATS_TEST_TMPDIR/scenario" >"$BURST_SCENARIO"
	"$REHEARSAL/cluster" daemon "$BURST_DIR" ec2sim restart
}

@test "fewer instances than asked and no reason: they are ended, the next pools are asked for all" {
	faults '[{"action": "CreateFleet", "call": 1, "fewer": 1}]'
	job=$(job hpc 3 --efa=required)
	wait_for "told $job 'burst: 3 x hpc7a.96xlarge on-demand us-east-2b, EFA, placement group burst-rehearsal-$job-*'" 30
	[ "$(new CreateFleet '[.params.OnDemandOptions.MinTargetCapacity, (.result.instances | length)]' | tr '\n' ' ')" = '[3,2] [3,3] ' ]
	# another zone wants another placement group, and another request another token
	[ "$(new CreateFleet .params.ClientToken | sort -u | wc -l)" -eq 2 ]
	[ "$(new CreateFleet '.params.LaunchTemplateConfigs[0].Overrides[0].Placement.GroupName' | sort -u | wc -l)" -eq 2 ]
	[ "$(ended)" = "$(given 1)" ]
	[ "$(live_count)" -eq 3 ]
	[ "$(job_field "$job" Restarts)" = 0 ]
	run -0 helper explain "$job"
	[[ ${output//[$'\n ']/} == *'try1'*'EC2gave2of3hpc7a.96xlargeinstancesinus-east-2aandnoreason'*'try2'* ]]
}

@test "fewer instances than asked in each pool: nothing stays, the job is told" {
	with requeue_delay_s=300
	faults '[{"action": "CreateFleet", "every": true, "fewer": 1}]'
	job=$(job hpc 2 --efa=required)
	wait_for "told $job 'burst: EC2 gave 1 of 2 hpc7a.96xlarge instances in us-east-2a and no reason; then *; tried again not before *'" 30
	wait_for '[ "$(live_count)" -eq 0 ]' 10
	# one of each pool, each ended
	[ "$(new CreateFleet | wc -l)" -eq 4 ]
	[ "$(ended)" = "$(given)" ]
	[ "$(requeue_ms "$job" | head -n 1)" -lt 2000 ]
}

@test "errors beside a full set: the set is taken, nothing is asked again" {
	faults '[{"action": "CreateFleet", "every": true, "pool_error": {"az": "us-east-2a", "code": "InsufficientInstanceCapacity", "message": "None here."}},
		{"action": "CreateFleet", "every": true, "pool_error": {"type": "c7i.48xlarge", "code": "InvalidFleetConfiguration", "message": "Not that one."}}]'
	job=$(job hpc 2 --efa=required)
	wait_for "told $job 'burst: 2 x hpc7a.96xlarge on-demand us-east-2b, EFA, placement group burst-rehearsal-$job-*'" 30
	[ "$(new CreateFleet '[(.result.instances | length), (.result.errors | length > 0)]')" = '[2,true]' ]
	[ -z "$(ended)" ]
	[ "$(live_count)" -eq 2 ]
}

@test "more instances than asked for, of one-node jobs launched together: the surplus is ended" {
	faults '[{"action": "CreateFleet", "every": true, "more": 2}]'
	in_cluster scontrol update partitionname=aws state=down
	one=$(job hpc 1) two=$(job hpc 1)
	in_cluster scontrol update partitionname=aws state=up
	wait_for "told $one 'burst: 1 x hpc7a.96xlarge *' && told $two 'burst: 1 x hpc7a.96xlarge *'" 30
	[ "$(new CreateFleet '.result.instances | length')" = 4 ]
	[ "$(ended | wc -l)" -eq 2 ]
	wait_for '[ "$(live_count)" -eq 2 ]' 10
	grep -q '2 instances more than asked for: ended' "$BURST_LOG"
}

# an answer without any instance in it
NOBODY='{"status": 200, "content_type": "text/xml;charset=UTF-8", "body": "<?xml version=\"1.0\" encoding=\"UTF-8\"?><DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>0a1b2c3d-0000-4000-8000-000000000001</requestId><reservationSet/></DescribeInstancesResponse>"}'

@test "DescribeInstances denies or leaves out what was just launched: it is waited for" {
	faults "[{\"action\": \"DescribeInstances\", \"call\": 1, \"error\": {\"code\": \"InvalidInstanceID.NotFound\", \"message\": \"The instance IDs do not exist\"}},
		{\"action\": \"DescribeInstances\", \"call\": 2, \"answer_raw\": $NOBODY},
		{\"action\": \"DescribeInstances\", \"call\": 3, \"error\": {\"code\": \"InvalidInstanceID.NotFound\", \"message\": \"The instance IDs do not exist\"}},
		{\"action\": \"DescribeInstances\", \"call\": 4, \"answer_raw\": $NOBODY}]"
	job=$(job hpc 2 --efa=required)
	wait_for "told $job 'burst: 2 x hpc7a.96xlarge on-demand us-east-2a, EFA, *'" 30
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
	[ "$(new DescribeInstances | wc -l)" -ge 5 ]
	[ -z "$(ended)" ]
	[ "$(live_count)" -eq 2 ]
}

@test "instances that are invisible for seconds and get their addresses late: no node is told without" {
	sim timings '{"instance_invisible_ms": 2000, "instance_address_ms": 4000}'
	job=$(job hpc 2 --efa=required)
	wait_for "told $job 'burst: 2 x hpc7a.96xlarge on-demand us-east-2a, EFA, *'" 40
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
	for node in $(in_cluster scontrol show hostnames "$(job_field "$job" NodeList)"); do
		address=$(node_field "$node" NodeAddr)
		[[ $address == 10.77.1.* ]]
		ec2_objects instance '.nics[].address' | grep -qxF "\"$address\""
	done
	[ -z "$(ended)" ]
	in_cluster scancel "$job"
	wait_for gone 30
	sim timings '{}'
}

# lost_once JOB: EC2's first answer was lost; the request was repeated byte for byte, and nothing is launched twice
lost_once() {
	wait_for "told $1 'burst: 2 x hpc7a.96xlarge on-demand us-east-2a, EFA, *'" 30 || return
	[ "$(new CreateFleet .params | sort -u | wc -l)" -eq 1 ] || return
	[ "$(new CreateFleet .status | uniq | tr '\n' ' ')" = 'null 200 ' ] || return
	[ "$(live_count)" -eq 2 ] && [ -z "$(ended)" ]
}

@test "EC2's answer is lost, and the repeated one has the instances: taken over" {
	faults '[{"action": "CreateFleet", "call": 1, "drop": "after"},
		{"action": "DescribeInstances", "call": 1, "error": {"code": "Unavailable", "message": "The server is overloaded.", "status": 503}}]'
	job=$(job hpc 2 --efa=required)
	lost_once "$job"
	[ "$(new CreateFleet 'select(.status == 200) | .result.instances | length')" = 2 ]
}

@test "EC2's answer is lost, and the repeated one names none: its instances are found by their tag" {
	sim idempotency '"empty"'
	faults '[{"action": "CreateFleet", "call": 1, "drop": "after"}]'
	job=$(job hpc 2 --efa=required)
	lost_once "$job"
	[ "$(new CreateFleet 'select(.status == 200) | .result.instances | length' | sort -u)" = 0 ]
	grep -q "job=$job .*the answer to CreateFleet was lost; its 2 instances were found by their tag" "$BURST_LOG"
	in_cluster scancel "$job"
	wait_for gone 30
	sim idempotency '"repeat"'
}

@test "half of EC2's answer: as if it were lost" {
	faults '[{"action": "CreateFleet", "call": 1, "truncate": 300}]'
	job=$(job hpc 2 --efa=required)
	wait_for "told $job 'burst: 2 x hpc7a.96xlarge on-demand us-east-2a, EFA, *'" 30
	[ "$(new CreateFleet .params | sort -u | wc -l)" -eq 1 ]
	[ "$(live_count)" -eq 2 ]
	[ -z "$(ended)" ]
}

@test "one of three one-node jobs' instances dies right after the launch: the others go on" {
	faults '[{"action": "DescribeInstances", "every": true, "delay_ms": 6000}]'
	in_cluster scontrol update partitionname=aws state=down
	one=$(job hpc 1) two=$(job hpc 1) three=$(job hpc 1)
	in_cluster scontrol update partitionname=aws state=up
	wait_for '[ "$(live_count)" -eq 3 ]' 30
	# EC2 denies for a moment what it has just launched
	wait_for 'ec2 terminate_instances "{\"InstanceIds\": [\"$(live_instances | head -n 1)\"]}"' 5
	faults '[]'
	# its job alone goes back, is told, and starts again by itself
	wait_for 'grep -qE "setting admin_comment to burst: instance i-[0-9a-f]+ \(hpc7a.96xlarge in us-east-2a\) went to state [a-z-]+ right after its launch: .*; tried again not before " "$BURST_SLURMCTLD_LOG"' 30
	for job in $one $two $three; do
		wait_for "told $job 'burst: 1 x hpc7a.96xlarge *'" 30
	done
	[ "$(new CreateFleet '[.params.TargetCapacitySpecification.TotalTargetCapacity, .params.OnDemandOptions.MinTargetCapacity]' | tr '\n' ' ')" = '[3,null] [1,null] ' ]
	[ "$(for job in $one $two $three; do job_field "$job" Restarts; done | sort | tr -d '\n')" = 001 ]
	[ "$(live_count)" -eq 3 ]
}

NO_CAPACITY='[{"action": "CreateFleet", "every": true, "capacity": {"default": 0}}]'

@test "srun is told after the last try what all of them came to, and ends; nothing is tried for it later" {
	faults "$NO_CAPACITY"
	run -1 as_user srun -N 2 -t 5 --efa=preferred -w 'aws-hpc-[36-37]' hostname
	[[ $output == *": burst: EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: "*"; then "*", no placement group: InsufficientInstanceCapacity; nothing stays running for it, submit it again later"* ]]
	tries=$(new CreateFleet | wc -l)
	[ "$tries" -ge 2 ]
	# longer than the delay after which a batch job would start again
	sleep 4
	[ "$(new CreateFleet | wc -l)" -eq "$tries" ]
	[ -z "$(in_cluster squeue -h)" ]
}

@test "salloc is told after the last try what all of them came to, and ends" {
	faults "$NO_CAPACITY"
	run -1 as_user salloc -N 2 -t 5 --efa=preferred -w 'aws-hpc-[38-39]' true
	[[ $output == *": burst: EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: "*"; then "*", no placement group: InsufficientInstanceCapacity; nothing stays running for it, submit it again later"* ]]
	[ -z "$(in_cluster squeue -h)" ]
}

@test "--no-requeue: held after max_attempts as any other, still without requeue, and released it runs" {
	faults "$NO_CAPACITY"
	job=$(job hpc 2 --efa=required --no-requeue)
	wait_for "told $job 'burst: EC2 gave 0 of 2 *; held after 2 failed starts: scontrol release $job to try again'" 90
	wait_for "[ \"\$(job_field $job Requeue)\" = 0 ] && [ \"\$(job_field $job Reason)\" = JobHeldUser ]" 5
	faults '[]'
	as_user scontrol release "$job"
	wait_for "told $job 'burst: 2 x hpc7a.96xlarge *'" 90
	[ "$(job_field "$job" Requeue)" = 0 ]
}
