#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# reconcile, Slurm's nodes: what slurmctld would leave in its state for ever, or believes though it is not so.

# shellcheck disable=SC2016,SC2154 # wait_for evaluates its argument; run sets output and stderr

load cluster
load gang
load reconcile

setup_file() {
	cluster_start --nodes 8 --slurm ResumeTimeout=20 --conf '{
		"slurm": {"requeue_delay_s": 2, "max_attempts": 3},
		"reconcile": {"grace_s": 1, "name_tags": false}}'
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
}

teardown() {
	rm -f "$BURST_DIR/etc/hold-prolog"
	faults '[]'
	mend_hooks
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	wait_for settled 90
}

set_node() {
	in_cluster scontrol update nodename="$1" "${@:2}"
}

@test "node-stuck-silent: IDLE+POWERED_DOWN+NOT_RESPONDING, which no job gets, comes clean" {
	set_node aws-hpc-5 state=DOWN reason=test
	set_node aws-hpc-5 state=RESUME
	node_is aws-hpc-5 IDLE && node_is aws-hpc-5 POWERED_DOWN
	if ! slurm_before 26 5; then
		# slurmctld itself takes the flag away
		[ "$(node_state aws-hpc-5)" = IDLE+CLOUD+POWERED_DOWN ]
		agreed
		return
	fi
	node_is aws-hpc-5 NOT_RESPONDING
	reconcile
	[ "$status" -eq 0 ]
	[ "$output" = 'node-stuck-silent node aws-hpc-5: resumed: powered down and not responding: no job gets it' ]
	wait_for '[ "$(node_state aws-hpc-5)" = IDLE+CLOUD+POWERED_DOWN ]' 30
	[ "$(counted node-stuck-silent)" -eq 1 ]
	agreed
}

@test "node-stuck-given-up, node-stuck-ours: DOWN for slurmctld's reason or ours; a person's DOWN and DRAIN stay" {
	set_node aws-hpc-1 state=DOWN reason='ResumeTimeout reached'
	set_node aws-hpc-2 state=DOWN reason='burst: its boot failed'
	set_node aws-hpc-3 state=DOWN reason='broken, ask Ann'
	set_node aws-hpc-4 state=DRAIN reason='kept free for a course'
	reconcile
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = 'node-stuck-given-up node aws-hpc-1: powered down: DOWN since it did not register within ResumeTimeout' ]
	[ "${lines[1]}" = 'node-stuck-ours node aws-hpc-2: powered down: DOWN and powered down: burst: its boot failed' ]
	[ "${#lines[@]}" -eq 2 ]
	wait_for '[ "$(node_state aws-hpc-1)" = IDLE+CLOUD+POWERED_DOWN ] && [ "$(node_state aws-hpc-2)" = IDLE+CLOUD+POWERED_DOWN ]' 30
	node_is aws-hpc-3 DOWN
	[ "$(node_field aws-hpc-3 Reason | sed 's/ \[.*//')" = 'broken, ask Ann' ]
	node_is aws-hpc-4 DRAIN
	agreed
	set_node aws-hpc-3 state=POWER_DOWN_FORCE
	# what a person does who thinks that this is enough
	set_node aws-hpc-4 state=RESUME
	slurm_before 26 5 || return 0
	node_is aws-hpc-4 NOT_RESPONDING
	reconcile
	[ "${lines[0]}" = 'node-stuck-silent node aws-hpc-4: resumed: powered down and not responding: no job gets it' ]
}

@test "node-without-instance: ResumeProgram did nothing for a job: its node goes down, the job back, and is told" {
	break_hooks resume
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "job_is $job CONFIGURING && node_is aws-hpc-0 POWERING_UP" 30
	sleep 2
	mend_hooks
	reconcile
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "node-without-instance node aws-hpc-0: powered down: powering up for job $job, and nothing was launched" ]
	wait_for "was_told $job 'burst: no instance is behind node aws-hpc-0 and others;*tried again not before *'" 10
	wait_for "job_is $job COMPLETED" 120
	wait_for agreed 60
}

@test "node-stuck-up: powered up by hand, and nobody launched anything" {
	break_hooks resume resume-fail
	set_node aws-hpc-6 state=POWER_UP
	wait_for 'node_is aws-hpc-6 POWERING_UP' 20
	# slurmctld itself gives it up after ResumeTimeout, and calls nobody
	wait_for 'node_is aws-hpc-6 DOWN' 60
	reconcile
	[ "$status" -eq 0 ]
	[ "$output" = 'node-stuck-given-up node aws-hpc-6: powered down: DOWN since it did not register within ResumeTimeout' ]
	mend_hooks
	wait_for '[ "$(node_state aws-hpc-6)" = IDLE+CLOUD+POWERED_DOWN ]' 30
	agreed
}

@test "node-without-instance: a node that Slurm has up, and its instance is gone and forgotten" {
	# up by hand, for nobody: a gang without a job
	set_node aws-hpc-7 state=POWER_UP
	wait_for '[ "$(node_state aws-hpc-7)" = IDLE+CLOUD ]' 60
	wait_for '[ "$(db "SELECT state FROM gang ORDER BY seq DESC LIMIT 1")" = active ]' 20
	id=$(live_instances)
	end_by_hand "$id"
	wait_for "[ \"\$(instance_state $id)\" = terminated ]" 20
	reconcile
	[ "$status" -eq 0 ]
	[[ ${lines[0]} =~ ^"member-lost gang node-"[0-9a-f]{10}": active -> failing: node aws-hpc-7 has gone: instance $id " ]]
	wait_for '[ "$(node_state aws-hpc-7)" = IDLE+CLOUD+POWERED_DOWN ]' 60
	wait_for agreed 60
}

@test "address-stale: a powered-down node with a past instance's address, and a running one with a wrong address" {
	set_node aws-hpc-3 nodeaddr=10.77.1.99
	job=$(submit -N 1 -t 5 -w aws-hpc-0 --wrap 'sleep 300')
	wait_for "job_is $job RUNNING && [ \"\$(node_state aws-hpc-0)\" != '' ]" 60
	wait_for '[ "$(db "SELECT state FROM gang ORDER BY seq DESC LIMIT 1")" = active ]' 20
	id=$(live_instances)
	ip=$(db "SELECT ip FROM instance WHERE id = '$id'")
	set_node aws-hpc-0 nodeaddr=10.77.1.98
	reconcile
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "address-stale node aws-hpc-0: address set: Slurm has 10.77.1.98, instance $id has $ip" ]
	[ "${lines[1]}" = 'address-stale node aws-hpc-3: address set: powered down, and Slurm still has the address 10.77.1.99 of a past instance' ]
	[ "${#lines[@]}" -eq 2 ]
	[ "$(node_field aws-hpc-0 NodeAddr)" = "$ip" ]
	[ "$(node_field aws-hpc-0 NodeHostName)" = aws-hpc-0 ]
	[ "$(node_field aws-hpc-3 NodeAddr)" = 127.0.0.254 ]
	agreed
	job_is "$job" RUNNING
}

@test "a node that has a past instance's address and no instance, powered down: it has none any more" {
	# as after a slurmctld that died before it had saved what it was told
	set_node aws-hpc-3 nodeaddr=10.77.1.99
	[ "$(node_field aws-hpc-3 NodeAddr)" = 10.77.1.99 ]
	set_node aws-hpc-3 state=power_down_force
	wait_for '[ "$(node_field aws-hpc-3 NodeAddr)" = 127.0.0.254 ]' 30
	wait_for '[ "$(node_state aws-hpc-3)" = IDLE+CLOUD+POWERED_DOWN ]' 30
	agreed
}

@test "job-cleaning: slurmctld does not get done with a job's last start: an alarm, once, and what to do" {
	break_hooks prolog
	printf '#!/bin/sh\nwhile [ -e %s ]; do sleep 0.2; done\n' "$BURST_DIR/etc/hold-prolog" >"$BURST_DIR/hooks/prolog"
	: >"$BURST_DIR/etc/hold-prolog"
	job=$(submit -N 1 -t 5 --efa=disabled --wrap true)
	wait_for "job_is $job CONFIGURING" 30
	in_cluster scontrol requeue "$job"
	wait_for "job_is $job PENDING" 30
	in_cluster scontrol update jobid="$job" starttime=now
	wait_for '[ "$(job_field "$job" Reason)" = Cleaning ]' 60
	wait_for settled 60
	helper reconcile
	wait_for 'helper reconcile | grep -qx "job-cleaning job $job: job $job waits with reason Cleaning for [0-9]* s: slurmctld is not done with its last start; if no PrologSlurmctld runs for it, restart slurmctld, it does not start before"' 30
	reconcile --dry-run
	[ "$status" -eq 0 ]
	[[ ${lines[1]} =~ ^job-cleaning\ +none\ +job\ $job\ +job\ $job\ waits\ with\ reason\ Cleaning\ for\  ]]
	[ "$(grep -c "alarm: job-cleaning: job $job waits" "$BURST_LOG")" -eq 1 ]
	rm "$BURST_DIR/etc/hold-prolog"
	wait_for "job_is $job COMPLETED" 120
	wait_for agreed 60
}
