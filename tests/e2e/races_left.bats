#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 4
#
# What a process that dies at the wrong moment, EC2 that cannot be asked, and people leave behind.

# shellcheck disable=SC2016,SC2030,SC2031 # wait_for evaluates its argument
load cluster
load gang
load tries
load reconcile
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

NOBODY='"error": {"code": "UnauthorizedOperation", "message": "You are not authorized."}'

# on NODES [SBATCH-ARGUMENT...]
on() {
	submit -t 5 -N 2 -w "aws-hpc-[$1]" --efa=required "${@:2}" --wrap 'sleep 300'
}

# kill_resume JOB: the process that works on its gang, and those that wait for it
kill_resume() {
	in_cluster pkill -KILL -f aws-slurm-burst-resume
}

@test "killed after its gang failed and before its job was told: reconcile sends the job back, long before ResumeTimeout" {
	# the identity tags fail, and ending what came takes long
	faults "[{\"action\": \"CreateTags\", \"every\": true, $NOBODY},
		{\"action\": \"TerminateInstances\", \"every\": true, \"delay_ms\": 7000}]"
	job=$(on 0-1)
	wait_for 'gang_is $job failing' 30
	kill_resume
	faults '[]'
	job_is "$job" CONFIGURING
	# the back-off may be less than a second
	partition down
	# whoever else may be about to do it has ten seconds
	wait_for "helper reconcile >>'$BATS_TEST_TMPDIR/out'; was_told $job 'burst: identity tags: *; tried again not before *'" 30
	wait_for "job_is $job PENDING" 20
	took_down "$job" 'aws-hpc-[0-1]' 2
	grep -q "gang $job-.* failed, and nobody told its job" "$BURST_LOG"
	[ "$(grep -c 'nobody told its job' "$BURST_LOG")" -eq 1 ]
	agreed
}

@test "killed while it takes down the nodes of a cancelled job: reconcile ends them and powers the nodes down" {
	faults '[{"action": "CreateFleet", "every": true, "boot": "hang"},
		{"action": "TerminateInstances", "every": true, "delay_ms": 7000}]'
	job=$(on 2-3)
	wait_for 'gang_is $job announced' 30
	as_user scancel "$job"
	wait_for 'gang_is $job releasing' 20
	kill_resume
	faults '[]'
	node_is aws-hpc-2 POWERING_UP
	wait_for "helper reconcile >>'$BATS_TEST_TMPDIR/out'; node_is aws-hpc-2 POWERED_DOWN" 60
	took_down "$job" 'aws-hpc-[2-3]' 2
	grep -q 'nodes aws-hpc-\[2-3\] are up in Slurm, and their instances have ended: powered down' "$BURST_LOG"
	agreed
}

@test "a node that a person drains, and one that a person sets DOWN, while EC2 launches: they stay so" {
	slow CreateFleet 5000
	job=$(on 4-6 -N 3)
	wait_for 'gang_is $job launching' 30
	in_cluster scontrol update nodename=aws-hpc-4 state=drain reason='to be looked at'
	in_cluster scontrol update nodename=aws-hpc-5 state=down reason='broken fan'
	wait_for "job_is $job PENDING" 20
	as_user scancel "$job"
	took_down "$job" aws-hpc-6 3
	wait_for '[ "$(node_state aws-hpc-4)" = IDLE+CLOUD+DRAIN+POWERED_DOWN ] && [ "$(node_state aws-hpc-5)" = DOWN+CLOUD+POWERED_DOWN ]' 30
	[[ $(node_field aws-hpc-4 Reason) == 'to be looked at ['* ]]
	[[ $(node_field aws-hpc-5 Reason) == 'broken fan ['* ]]
	# nor does anything change it later
	agreed
	[ "$(node_state aws-hpc-4)" = IDLE+CLOUD+DRAIN+POWERED_DOWN ]
	[ "$(node_state aws-hpc-5)" = DOWN+CLOUD+POWERED_DOWN ]
	in_cluster scontrol update 'nodename=aws-hpc-[4-5]' state=resume
	# and then they are as any other
	job=$(submit -t 5 -N 2 -w 'aws-hpc-[4-5]' --wrap true)
	says "$job" 'burst: 2 x hpc7a.96xlarge *' 30
}

# pool NODE NODE: two one-node jobs, launched together
pool() {
	in_cluster scontrol update partitionname=aws state=down
	one=$(submit -t 5 -N 1 -w "aws-hpc-$1" --wrap 'sleep 300')
	two=$(submit -t 5 -N 1 -w "aws-hpc-$2" --wrap 'sleep 300')
	in_cluster scontrol update partitionname=aws state=up
}

@test "a pool's node goes, and EC2 cannot be asked whose it is: written down, and ended by who looks next; the other job goes on" {
	pool 8 9
	wait_for "job_is $two RUNNING && job_is $one RUNNING" 90
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
	faults "[{\"action\": \"DescribeInstances\", \"every\": true, $NOBODY}]"
	as_user scancel "$one"
	wait_for "grep -q 'suspend.*the next call or reconcile tries again' '$BURST_LOG'" 30
	[ "$(db "SELECT state FROM instance WHERE node = 'aws-hpc-8' ORDER BY seq DESC LIMIT 1")" = terminating ]
	[ "$(live_count)" -eq 2 ]
	faults '[]'
	wait_for "helper reconcile >>'$BATS_TEST_TMPDIR/out'; [ \"\$(live_count)\" -eq 1 ]" 40
	job_is "$two" RUNNING
	wait_for 'all_are IDLE+CLOUD+POWERED_DOWN aws-hpc-8' 30
	[ "$(db "SELECT state FROM instance WHERE node = 'aws-hpc-9' ORDER BY seq DESC LIMIT 1")" = running ]
}

@test "two one-node jobs launched together, one cancelled on the way up: the other runs, and nobody pays on for its node" {
	slow CreateFleet 5000
	pool 10 11
	wait_for '[ "$(db "SELECT count(*) FROM gang WHERE state = '"'launching'"'")" = 1 ]' 30
	as_user scancel "$one"
	wait_for "job_is $two RUNNING" 60
	wait_for '[ "$(live_count)" -eq 1 ]' 40
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
	wait_for 'all_are IDLE+CLOUD+POWERED_DOWN aws-hpc-10' 40
}

@test "best effort, and only a person can change why not all came: the job is held, and what came is not kept" {
	faults '[{"action": "CreateFleet", "every": true, "fewer": 2},
		{"action": "CreateFleet", "every": true, "pool_error": {"az": "us-east-2a", "code": "InvalidParameterValue", "message": "The parameter is wrong."}}]'
	job=$(submit -p shared -N 4 -n 4 -t 5 --efa=disabled -w 'shared-any-[0-3]' --wrap 'sleep 300')
	says "$job" "burst: EC2 gave 2 of 4 *; held: change the job or the configuration, then scontrol release $job" 60
	wait_for '[ "$(live_count)" -eq 0 ]' 30
	wait_for "job_is $job PENDING" 20
	wait_for '[ "$(job_field $job Reason)" = JobHeldUser ]' 10
	as_user scancel "$job"
	wait_for 'all_are IDLE+CLOUD+POWERED_DOWN shared-any-0 shared-any-1 shared-any-2 shared-any-3' 30
}

@test "power down by hand while the nodes boot, by force: all of the gang goes, the job is in the queue" {
	faults '[{"action": "CreateFleet", "every": true, "boot": "hang"}]'
	job=$(on 48-49)
	wait_for 'gang_is $job announced' 30
	partition down
	in_cluster scontrol update nodename=aws-hpc-49 state=power_down_force
	wait_for '[ "$(live_count)" -eq 0 ]' 30
	wait_for "job_is $job PENDING" 20
	[ "$(new TerminateInstances '.params.InstanceIds[]' | sort -u | wc -l)" -eq 2 ]
	as_user scancel "$job"
	took_down "$job" 'aws-hpc-[48-49]' 2
}

@test "power down by hand of one node of a running gang, by force: all of it goes" {
	job=$(on 50-51)
	wait_for 'gang_is $job active' 40
	partition down
	in_cluster scontrol update nodename=aws-hpc-50 state=power_down_force
	wait_for '[ "$(live_count)" -eq 0 ]' 30
	as_user scancel "$job"
	took_down "$job" 'aws-hpc-[50-51]' 2
}

@test "a late SuspendProgram for nodes in their next life touches nothing" {
	slow CreateFleet 5000
	job=$(on 60-61)
	wait_for 'gang_is $job launching' 30
	run -0 helper suspend 'aws-hpc-[60-61]'
	wait_for 'gang_is $job announced' 30
	run -0 helper suspend 'aws-hpc-[60-61]'
	wait_for 'gang_is $job active' 40
	wait_for "job_is $job RUNNING" 40
	run -0 helper suspend 'aws-hpc-[60-61]'
	[ "$(grep -c 'suspend.*nodes aws-hpc-\[60-61\] are in use again: this call is late, and they stay as they are' "$BURST_LOG")" -eq 3 ]
	[ "$(new TerminateInstances | wc -l)" -eq 0 ]
	gang_is "$job" active
	[ "$(live_count)" -eq 2 ]
}

@test "a second ResumeProgram that knows of no job, while EC2 launches: nothing of its own stays" {
	slow CreateFleet 5000
	job=$(on 62-63)
	wait_for 'gang_is $job launching' 30
	run -0 helper resume 'aws-hpc-[62-63]'
	grep -q "node aws-hpc-62 comes up for gang $job-" "$BURST_LOG"
	says "$job" 'burst: 2 x hpc7a.96xlarge on-demand us-east-2a, EFA, *' 30
	wait_for 'gang_is $job active' 40
	wait_for '[ "$(live_count)" -eq 2 ]' 20
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
	[ "$(job_field "$job" Restarts)" = 0 ]
}

@test "a helper that was stopped until its nodes are up in their next life: it does not power them down" {
	hold_boot
	job=$(on 40-41)
	wait_for 'gang_is $job announced' 30
	in_cluster pkill -STOP -f aws-slurm-burst-resume
	as_user scancel "$job"
	in_cluster scontrol update 'nodename=aws-hpc-[40-41]' state=power_down_force
	wait_for '[ "$(live_count)" -eq 0 ]' 30
	wait_for 'all_are IDLE+CLOUD+POWERED_DOWN aws-hpc-40 aws-hpc-41' 30
	let_boot
	in_cluster scontrol update 'nodename=aws-hpc-[40-41]' state=power_up
	wait_for 'all_are IDLE+CLOUD aws-hpc-40 aws-hpc-41' 60
	in_cluster pkill -CONT -f aws-slurm-burst-resume
	wait_for 'grep -q "node aws-hpc-41 (IDLE+CLOUD) is not told to power down after its job: another gang has it now" "$BURST_LOG"' 30
	all_are IDLE+CLOUD aws-hpc-40 aws-hpc-41
	[ "$(live_count)" -eq 2 ]
	in_cluster scontrol update 'nodename=aws-hpc-[40-41]' state=power_down_force
	wait_for '[ "$(live_count)" -eq 0 ]' 30
}
