#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Guards: the site-wide maximum of nodes, instances in trouble, and alarms (doc/guards.md).

# wait_for evaluates its text later
# shellcheck disable=SC2016

load cluster
load gang

ALLOWED_ERRORS+='
Nodes [^ ]+ not responding
node [^ ]+ not resumed by ResumeTimeout
power_save: program (exit status of|signaled: Killed)'

setup_file() {
	export ALARMS=$BATS_FILE_TMPDIR/alarms
	open_tmp
	chmod o+x "$BATS_FILE_TMPDIR"
	install -d -m 1777 "$ALARMS"
	cat >"$BATS_FILE_TMPDIR/alarm" <<-END
	#!/bin/sh
	printf '%s|%s|%s|%s\n' "\$BURST_CLUSTER" "\$@" >>$ALARMS/told
	END
	chmod 755 "$BATS_FILE_TMPDIR/alarm"
	cluster_start --nodes 8 --slurm ResumeTimeout=25 --conf '{
		"slurm": {"requeue_delay_s": 3, "max_attempts": 2},
		"guards": {"max_nodes": 4},
		"alarm": {"command": "'"$BATS_FILE_TMPDIR/alarm"'", "repeat_s": 0}}'
}

teardown_file() {
	cluster_stop
}

setup() {
	bats_require_minimum_version 1.5.0
	need_helper
	: >"$ALARMS/told"
	chmod 666 "$ALARMS/told"
}

teardown() {
	faults '[]'
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	wait_for settled 90
}

# told WHAT: the alarm program's lines of it
told() {
	grep -E "^[^|]*\|$1\|" "$ALARMS/told"
}

@test "the maximum of nodes: a gang beyond it waits, is told, and no start is counted" {
	first=$(submit -N 3 -t 5 --wrap 'sleep 600')
	wait_for "[[ \$(job_field $first AdminComment) == 'burst: 3 x '* ]]" 40
	before=$(request_count CreateFleet)
	second=$(submit -N 2 -t 5 --wrap true)
	wait_for "[[ \$(job_field $second AdminComment) == 'burst: this site runs at most 4 nodes at a time (guards.max_nodes): 3 are there or on their way, 2 more are needed; tried again not before '[0-9:]* ]]" 30
	wait_for "job_is $second PENDING" 20
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
