#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 5
#
# Guards: the site-wide maximum of nodes, jobs that do not end, gangs that do not come; and alarms (doc/guards.md).

# wait_for evaluates its text later
# shellcheck disable=SC2016

load guards

@test "the maximum of nodes: a gang beyond it waits, is told, and no start is counted" {
	first=$(submit -N 3 -t 5 --wrap 'sleep 600')
	wait_for "[[ \$(job_field $first AdminComment) == 'burst: 3 x '* ]]" 40
	before=$(request_count CreateFleet)
	second=$(submit -N 2 -t 5 --wrap true)
	wait_for "was_told $second 'burst: this site runs at most 4 nodes at a time (guards.max_nodes): 3 are there or on their way, 2 more are needed; tried again not before [0-9:]*'" 30
	# again and again: more often than max_attempts; nothing is asked of EC2, and no pool is blamed
	wait_for '[ "$(told max-nodes | wc -l)" -ge 3 ]' 60
	[ "$(request_count CreateFleet)" -eq "$before" ]
	[ "$(told max-nodes | head -n 1)" = "rehearsal|max-nodes||guards.max_nodes is reached: 3 of at most 4 nodes are there or on their way, and jobs wait for 2 more" ]
	grep -q ' error .*alarm: max-nodes: guards.max_nodes is reached: ' "$BURST_LOG"
	run -0 helper status --all --json
	[ "$(jq "[.gangs[] | select(.job == \"$second\")] | map(.tries | length) | add" <<<"$output")" -eq 0 ]
	# a job that fits is not in its way
	third=$(submit -N 1 -t 5 --wrap true)
	wait_for "[[ \$(job_field $third AdminComment) == 'burst: 1 x '* ]]" 40
	in_cluster scancel "$first"
	wait_for "[[ \$(job_field $second AdminComment) == 'burst: 2 x '* ]]" 60
}

@test "the maximum of nodes: a gang that never fits is held" {
	before=$(request_count CreateFleet)
	job=$(submit -N 5 -t 5 --wrap true)
	wait_for "[[ \$(job_field $job AdminComment) == 'burst: it needs 5 nodes, and this site runs at most 4 at a time (guards.max_nodes); held: change the job or the configuration, then scontrol release $job' ]]" 30
	wait_for "[ \"\$(job_field $job Reason)\" = JobHeldUser ]" 20
	[ "$(request_count CreateFleet)" -eq "$before" ]
}

@test "the maximum of nodes: of one-node jobs as many start as there is room for" {
	job=$(submit -N 1 -t 5 --array=1-6 --wrap 'sleep 600')
	wait_for '[ "$(live_count)" -eq 4 ] && told max-nodes' 40
	wait_for "[ \$(in_cluster squeue -h -r -j $job -t PENDING | wc -l) -eq 2 ]" 40
	[ "$(live_count)" -eq 4 ]
}

@test "more than the maximum of nodes: an alarm, and no other repair" {
	job=$(submit -N 3 -t 5 --wrap 'sleep 600')
	up "$job"
	agree
	configure max_nodes 2
	run -0 --separate-stderr helper reconcile --dry-run
	[[ $output == *"the site"*"3 instances run, and guards.max_nodes is 2: no more are launched"* ]]
	[ ! -s "$ALARMS/told" ]
	helper reconcile
	[ "$(told too-many-nodes)" = "rehearsal|too-many-nodes||3 instances run, and guards.max_nodes is 2: no more are launched" ]
	[ "$(live_count)" -eq 3 ]
}

@test "more than the maximum of nodes: what nobody uses goes" {
	hand_on
	job=$(submit -N 3 -t 5 --wrap true)
	wait_for "job_is $job COMPLETED" 90
	agree
	# one of them is another job's by now
	second=$(submit -N 1 -t 5 --wrap 'sleep 600')
	wait_for "job_is $second RUNNING" 40
	[ "$(live_count)" -eq 3 ]
	configure max_nodes 2
	# not before slurmctld has no job on them any more
	wait_for "helper reconcile | tee -a '$BATS_TEST_TMPDIR/out' | grep 'are powered down'" 60
	grep -qE '^too-many-nodes the site: idle nodes aws-hpc-[0-7] are powered down: 3 instances run, and guards.max_nodes is 2: no more are launched$' "$BATS_TEST_TMPDIR/out"
	wait_for '[ "$(live_count)" -lt 3 ]' 60
	wait_for "! in_cluster scontrol -o show node | grep POWERING_DOWN" 60
	[ "$(live_count)" -eq 2 ]
	agree
	job_is "$second" RUNNING
	in_cluster scancel "$second"
	in_cluster scontrol update nodename='aws-hpc-[0-7]' state=POWER_DOWN_FORCE
}

@test "a job that has not ended long after its time limit: its nodes are taken from it" {
	job=$(submit -N 1 -t 1 --wrap 'sleep 600')
	wait_for "job_is $job RUNNING" 90
	id=$(of "$job" 0 id) node=$(of "$job" 0 node)
	# whatever slurmd is told now, it does not hear
	in_cluster pkill -STOP -f "slurmd.*$node"
	agree
	wait_for "job_is $job COMPLETING" 120
	wait_for "helper reconcile | tee -a '$BATS_TEST_TMPDIR/out' | grep 'instance-overdue'" 60
	grep -q "^instance-overdue instance $id: nodes $node ended: job $job is [0-9]* s beyond its time limit of 60 s and has not ended$" "$BATS_TEST_TMPDIR/out"
	told instance-overdue | grep -q "|$id|"
	wait_for '[ "$(live_count)" -eq 0 ]' 30
	wait_for "job_is $job TIMEOUT" 30
}

@test "a gang whose process lives and does nothing: it is taken down" {
	cp "$BURST_DIR/hooks/resume-fail" "$BATS_TEST_TMPDIR/hook"
	printf '#!/bin/sh\nexit 0\n' >"$BURST_DIR/hooks/resume-fail"
	faults '[{"action": "CreateFleet", "call": 1, "boot": "hang", "instances": 1}]'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "[ \"\$(gang_state $job)\" = announced ]" 40
	in_cluster pkill -STOP -f aws-slurm-burst-resume
	in_cluster scontrol hold "$job"
	wait_for "helper reconcile | tee -a '$BATS_TEST_TMPDIR/out' | grep 'gang-not-registered'" 90
	in_cluster pkill -CONT -f aws-slurm-burst-resume
	put_back "$BATS_TEST_TMPDIR/hook" "$BURST_DIR/hooks/resume-fail"
	grep -qE "^gang-not-registered gang $job-[0-9a-f]*: taken down: it is announced for [0-9]* s, node aws-hpc-[0-7] has not registered, and the process that has it in hand does nothing about it$" "$BATS_TEST_TMPDIR/out"
	[ "$(told gang-not-registered | wc -l)" -eq 1 ]
	wait_for '[ "$(live_count)" -eq 0 ]' 30
}
