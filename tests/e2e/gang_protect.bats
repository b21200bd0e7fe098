#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 6
#
# A node group whose boots fail in a row is closed; reconcile sees to gangs whose helper has died.

# wait_for evaluates its text later
# shellcheck disable=SC2016

load cluster
load gang
load reconcile

ALLOWED_ERRORS+='
Nodes [^ ]+ not responding
node [^ ]+ not resumed by ResumeTimeout
power_save: program (exit status of|signaled: Killed)'

setup_file() {
	cluster_start --nodes 8 --slurm ResumeTimeout=25 \
		--conf '{"slurm": {"requeue_delay_s": 2, "max_attempts": 3}, "boot": {"protect_after": 2, "protect_for_s": 3600},
			"reconcile": {"grace_s": 5, "name_tags": false}}'
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
}

teardown() {
	let_boot
	faults '[]'
	mend_hooks
	[[ ! -e $BATS_TEST_TMPDIR/conf ]] || put_back "$BATS_TEST_TMPDIR/conf" "$BURST_CONF"
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	helper open aws-hpc >/dev/null || :
	# what a test left whose helper it killed
	helper reconcile || :
	cluster_teardown
	wait_for settled 90
}

# kill_waiting JOB: kill -9 of the helper that waits for the job's nodes, once they are told to Slurm
kill_waiting() {
	wait_for "[ \"\$(gang_state $1)\" = announced ]" 40
	in_cluster pkill -KILL -f aws-slurm-burst-resume
}

# gang_state JOB [first]: of the job's last gang
gang_state() {
	helper status --all --json | jq -r "[.gangs[] | select(.job == \"$1\")] | ${2:-last} | .state"
}

@test "boots that fail in a row close the node group: jobs wait, are told, and no start is counted" {
	die_at '"every": true'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "[[ \$(job_field $job AdminComment) == 'burst: node group aws-hpc is closed after 2 boots in a row failed (last: node aws-hpc-'*' did not finish its boot: '*'shut itself down'*') until '[0-9:]*'; open it now by aws-slurm-burst open aws-hpc; tried again not before '* ]]" 90
	[ "$(requests CreateFleet | wc -l)" -eq 2 ]
	run -0 helper status
	[[ $output == *"node group aws-hpc"*"closed"* ]]
	run -0 helper status --json
	[ "$(jq '.closed | length' <<<"$output")" -eq 1 ]
	grep -q ' error .*node group aws-hpc is closed after 2 boots in a row failed' "$BURST_LOG"

	# nobody launches now, whoever comes, and it is nobody's failed start
	second=$(submit -N 1 -t 5 --wrap true)
	wait_for "[[ \$(job_field $second AdminComment) == 'burst: node group aws-hpc is closed after 2 boots'* ]] && job_is $second PENDING" 30
	[ "$(requests CreateFleet | wc -l)" -eq 2 ]
	wait_for "[ \"\$(job_field $second Reason)\" = BeginTime ]" 10
	for j in "$job" "$second"; do
		# it waits until the group opens again
		[ $(($(date -d "$(job_field "$j" StartTime)" +%s) - $(date +%s))) -gt 2700 ]
	done
	wait_for settled 60

	# mended, and opened by a person: those that waited need not wait for the hour
	faults '[]'
	run -0 helper open aws-hpc
	[[ $output == *"2 jobs that waited for it may start now"* ]]
	wait_for "job_is $job COMPLETED && job_is $second COMPLETED" 90
	run -0 helper status --json
	[ "$(jq '.closed | length' <<<"$output")" -eq 0 ]
}

@test "a closed node group opens by itself, and one more failure closes it at once" {
	cp "$BURST_CONF" "$BATS_TEST_TMPDIR/conf"
	sed -i 's/protect_for_s: .*/protect_for_s: 60/' "$BURST_CONF"
	# three boots that fail, then all is well
	die_at '"call": 1' '"call": 2' '"call": 3'
	before=$(request_count CreateFleet)
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "was_told $job 'burst: node group aws-hpc is closed after 2 boots in a row failed *'" 60
	# the third start comes by itself, after the minute; it is the job's third failed one, and the row's
	wait_for "[[ \$(job_field $job AdminComment) == *'; held after 3 failed starts: '* ]]" 120
	wait_for "grep -q 'node group aws-hpc is closed after 3 boots in a row failed' '$BURST_LOG'" 10
	[ $(($(request_count CreateFleet) - before)) -eq 3 ]
	helper open aws-hpc
	as_user scontrol release "$job"
	wait_for "job_is $job COMPLETED" 90
}

@test "a boot that succeeds ends the row" {
	die_at '"call": 1' '"call": 3'
	first=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "job_is $first COMPLETED" 90
	second=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "job_is $second COMPLETED" 90
	run -0 helper status --json
	[ "$(jq '.closed | length' <<<"$output")" -eq 0 ]
}

@test "reconcile: the helper died while the nodes booted, and they came: the gang is taken over" {
	hold_boot
	job=$(submit -N 2 -t 5 --efa=required --wrap 'sleep 20')
	kill_waiting "$job"
	let_boot
	wait_for "job_is $job RUNNING" 60
	[ "$(gang_state "$job")" = announced ]
	run -0 --separate-stderr helper reconcile
	[[ $output =~ ^"gang-up gang $job-"[0-9a-f]{10}": announced -> active"$ ]]
	# once is enough
	agreed
	wait_for "job_is $job COMPLETED" 60
	# the nodes go with their job, not after SuspendTime
	wait_for settled 60
	[ "$(gang_state "$job")" = released ]
}

@test "reconcile: the helper died, then a node: the gang goes down, the job back" {
	# late enough for the helper to be killed, and not to have looked
	faults '[{"action": "CreateFleet", "call": 1, "boot": "die", "instances": [0], "after_ms": 8000},
		{"action": "CreateFleet", "call": 1, "boot": "hang", "instances": [1]}]'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	kill_waiting "$job"
	wait_for '[ "$(live_count)" -eq 1 ]' 30
	run -0 --separate-stderr helper reconcile
	[[ $output =~ ^"member-lost gang $job-"[0-9a-f]{10}": announced -> failing: node aws-hpc-"[0-7]" did not finish its boot: instance i-" ]]
	# its next start may have come already
	grep -q 'setting admin_comment to burst: node aws-hpc-.* did not finish its boot: ' "$BURST_SLURMCTLD_LOG"
	wait_for "job_is $job COMPLETED" 90
}

@test "reconcile: the helper died, and the job was cancelled: nothing stays" {
	faults '[{"action": "CreateFleet", "every": true, "boot": "hang"}]'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	kill_waiting "$job"
	# it still boots: nothing to be done
	agreed
	in_cluster scancel "$job"
	sleep 1
	[ "$(live_count)" -eq 2 ]
	run -0 --separate-stderr helper reconcile
	[[ $output =~ ^"job-over gang $job-"[0-9a-f]{10}": announced -> releasing: nobody waits for it any more"$ ]]
	[ "$(live_count)" -eq 0 ]
	wait_for settled 60
}

@test "reconcile: a gang that never comes is given up where nobody else does" {
	break_hooks resume-fail
	faults '[{"action": "CreateFleet", "call": 1, "boot": "hang", "instances": 1}]'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	kill_waiting "$job"
	wait_for "in_cluster scontrol -o show node | grep -q 'DOWN+CLOUD'" 60
	# what slurmctld starts at once in its place shall not be in the way
	in_cluster scontrol hold "$job"
	wait_for "helper reconcile >>'$BATS_TEST_TMPDIR/out'; grep 'announced -> fail' '$BATS_TEST_TMPDIR/out'" 60
	run -0 grep -cE "^gang-late gang $job-[0-9a-f]{10}: announced -> failing: node aws-hpc-[0-7] did not register within 25 s \(ResumeTimeout\)$" "$BATS_TEST_TMPDIR/out"
	mend_hooks
	wait_for "! in_cluster scontrol -o show node | grep -q DOWN+CLOUD" 60
}

@test "reconcile: a node that slurmctld gave up, and nobody saw to, does not stay DOWN" {
	in_cluster scontrol update nodename=aws-hpc-6 state=DOWN reason='ResumeTimeout reached'
	# one that a person took down stays so
	in_cluster scontrol update nodename=aws-hpc-7 state=DOWN reason=broken
	run -0 --separate-stderr helper reconcile
	[ "$output" = 'node-stuck-given-up node aws-hpc-6: powered down: DOWN since it did not register within ResumeTimeout' ]
	wait_for '[ "$(node_state aws-hpc-6)" = IDLE+CLOUD+POWERED_DOWN ]' 60
	node_is aws-hpc-7 DOWN
	agreed
	in_cluster scontrol update nodename=aws-hpc-7 state=POWER_DOWN_FORCE
}

@test "reconcile: a launch that its helper left half way" {
	faults '[{"action": "CreateFleet", "every": true, "delay_ms": 6000}]'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "[ \"\$(gang_state $job)\" = launching ]" 30
	in_cluster pkill -KILL -f aws-slurm-burst-resume
	faults '[]'
	wait_for '[ "$(live_count)" -eq 2 ]' 30
	run -0 --separate-stderr helper reconcile
	[[ $output =~ ^"gang-unowned gang $job-"[0-9a-f]{10}": launching -> failing: its process died on the way up"$ ]]
	wait_for '[ "$(live_count)" -eq 0 ]' 30
	wait_for "job_is $job COMPLETED" 120
	wait_for "agreed && [ \"\$(helper status --json | jq '.gangs | length')\" -eq 0 ]" 90
}

@test "reconcile: one at a time" {
	run -0 helper reconcile
	exec 8>>"$BURST_STATE/reconcile.lock"
	flock 8
	run -0 helper reconcile
	exec 8>&-
	[ "$output" = "another reconcile is at work" ]
}
