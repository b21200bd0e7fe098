#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 6
#
# reconcile, gangs and instances: what EC2, Slurm and state.db say apart is one again afterwards, and what is
# not ours stays as it is.

# shellcheck disable=SC2016,SC2154 # wait_for evaluates its argument; run sets output and stderr

load cluster
load gang
load reconcile

setup_file() {
	cluster_start --nodes 8 --slurm ResumeTimeout=60 --conf '{
		"slurm": {"requeue_delay_s": 2, "max_attempts": 3},
		"reconcile": {"grace_s": 8, "name_tags": false}}'
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
}

teardown() {
	local strays
	faults '[]'
	mend_hooks
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	strays=$(ec2_objects instance 'select(.state == "pending" or .state == "running") |
		select(.tags["test:hand"]) | .id' | jq -r .)
	# shellcheck disable=SC2086 # several ids
	[[ -z $strays ]] || end_by_hand $strays
	wait_for settled 90
}

@test "reconcile: nothing to do: one line, and nothing is changed" {
	reconcile
	[ "$status" -eq 0 ]
	[ "$output" = "$AGREE" ]
	job=$(submit -N 2 -t 5 --efa=required --wrap 'sleep 300')
	wait_for "[ \"\$(gang_state $job)\" = active ]" 60
	# who had which nodes is taken into the ledger by the first that sees it
	reconcile
	before=$(snapshot | grep -v "'survey'")
	reconcile
	[ "$status" -eq 0 ]
	[ "$output" = "$AGREE" ]
	[ -z "$stderr" ]
	diff <(echo "$before") <(snapshot | grep -v "'survey'")
	run -0 --separate-stderr helper reconcile --json
	[ "$(jq -c '[.version, .dry_run, .agree, .findings]' <<<"$output")" = '[1,false,true,[]]' ]
}

@test "orphan-end: an instance with our tags, of a gang that is over, is written down and ended" {
	job=$(submit -N 1 -t 5 --wrap true)
	wait_for "job_is $job COMPLETED && [ \"\$(gang_state $job)\" = released ]" 90
	gang=$(gang_of "$job")
	id=$(launch_by_hand 1 test:hand=1 burst:cluster=rehearsal "burst:gang=$gang")
	# not at once: it may be about to be written down
	reconcile
	[ "$output" = "$AGREE" ]
	sleep 10
	reconcile
	[ "$status" -eq 0 ]
	[[ $output =~ ^"orphan-end instance $id: ended: launched "[0-9]+" s ago for gang $gang, not written down, and no node of Slurm's"$ ]]
	[[ $(instance_state "$id") == @(shutting-down|terminated) ]]
	[ "$(db "SELECT gang, state, node IS NULL FROM instance WHERE id = '$id'")" = "$gang|terminated|1" ]
	[ "$(counted orphan-end)" -eq 1 ]
	grep -q " warn .*reconcile.*: orphan-end instance $id: ended: launched " "$BURST_LOG"
	agreed
	# the gang is over as before
	[ "$(gang_state "$job")" = released ]
	# many of them together: one line, one request that ends them
	ids=$(launch_by_hand 20 test:hand=1 burst:cluster=rehearsal "burst:gang=$gang")
	sleep 10
	seen=$(tail -n 1 "$BURST_JOURNAL" | jq .seq)
	reconcile
	[ "$status" -eq 0 ]
	[[ $output =~ ^"orphan-end instance i-"[0-9a-f]+" and 19 more: 20 instance(s) ended: launched "[0-9]+" s ago for gang $gang, "[^$'\n']*$ ]]
	[ "$(requests TerminateInstances "select(.seq > $seen)" | wc -l)" -eq 1 ]
	[ "$(db "SELECT count(*) FROM instance WHERE gang = '$gang' AND state = 'terminated'")" -eq 22 ]
	for id in $ids; do [[ $(instance_state "$id") == @(shutting-down|terminated) ]]; done
	agreed
}

@test "what another cluster or a person made is not touched: other tag, no tag, our tag on a person's copy, a gang that we never had" {
	other=$(launch_by_hand 1 test:hand=1 burst:cluster=other burst:gang=1-0123456789 burst:nodes=aws-hpc-0)
	person=$(launch_by_hand 1 test:hand=1)
	foreign=$(launch_by_hand 1 test:hand=1 burst:cluster=rehearsal burst:gang=1-0123456789 burst:nodes=aws-hpc-0)
	sleep 10
	for _ in 1 2; do
		reconcile
		[ "$status" -eq 0 ]
		# of one they say that it might be ours, the others are nobody's business
		[ "${lines[0]}" = "left-alone instance $foreign: state.db never heard of its gang: another cluster named rehearsal? Is state.db an old copy, reconcile --rebuild" ]
		[ "${lines[1]}" = "$AGREE" ]
		[ "${#lines[@]}" -eq 2 ]
	done
	for id in "$other" "$person" "$foreign"; do
		[ "$(instance_state "$id")" = running ]
		[ -z "$(db "SELECT id FROM instance WHERE id = '$id'")" ]
		! requests TerminateInstances .params | grep -q "$id"
		! requests CreateTags .params | grep -q "$id"
	done
	grep -q "alarm: left-alone: .*never heard of its gang" "$BURST_LOG"
}

@test "member-lost: a running gang's instance is ended from outside: the gang goes down, its job starts again" {
	job=$(submit -N 2 -t 5 --efa=required --wrap 'sleep $((SLURM_RESTART_COUNT > 0 ? 0 : 300))')
	wait_for "[ \"\$(gang_state $job)\" = active ]" 60
	gang=$(gang_of "$job")
	id=$(db "SELECT id FROM instance WHERE gang = '$gang' ORDER BY id LIMIT 1")
	node=$(db "SELECT node FROM instance WHERE id = '$id'")
	end_by_hand "$id"
	wait_for "[ \"\$(instance_state $id)\" = terminated ]" 20
	reconcile
	[ "$status" -eq 0 ]
	[[ $output =~ ^"member-lost gang $gang: active -> failing: node $node has gone: instance $id (hpc7a.96xlarge in us-east-2a) was ended by somebody (Client.UserInitiatedShutdown: User initiated shutdown)"$ ]]
	# of this one: the job may have another already
	[ "$(db "SELECT state FROM gang WHERE id = '$gang'")" = failed ]
	[ "$(db "SELECT count(*) FROM instance WHERE gang = '$gang' AND state <> 'terminated'")" -eq 0 ]
	# EC2's own time of the end is in the ledger
	[ "$(db "SELECT ended_s > 0 FROM instance WHERE id = '$id'")" -eq 1 ]
	# its start had been a good one
	[ "$(db "SELECT uncounted FROM gang WHERE id = '$gang'")" -eq 1 ]
	grep -q "setting admin_comment to burst: node $node has gone: instance $id .* was ended by somebody .*; tried again not before" "$BURST_SLURMCTLD_LOG"
	wait_for "job_is $job COMPLETED" 120
	[ "$(job_field "$job" Restarts)" -eq 1 ]
	agreed
}

@test "member-lost: a running job that may not be requeued ends, and says why" {
	job=$(submit -N 2 -t 5 --no-requeue --efa=required --wrap 'sleep 300')
	wait_for "job_is $job RUNNING && [ \"\$(gang_state $job)\" = active ]" 60
	id=$(live_instances | head -n 1)
	end_by_hand "$id"
	wait_for "[ \"\$(instance_state $id)\" = terminated ]" 20
	reconcile
	[ "$status" -eq 0 ]
	[[ $output == "member-lost gang $(gang_of "$job"): active -> failing: node aws-hpc-"*" has gone: instance $id "* ]]
	wait_for "job_is $job NODE_FAIL" 60
	[ "$(job_field "$job" Restarts)" -eq 0 ]
	[[ $(job_field "$job" AdminComment) == "burst: node aws-hpc-"*" has gone: instance $id "*"; the job had begun and may not be requeued" ]]
}

@test "row-ended: the record of an instance that a person ended is brought up to date" {
	# of a gang that is over: nobody else looks at it any more
	job=$(submit -N 1 -t 5 --wrap 'sleep 300')
	wait_for "[ \"\$(gang_state $job)\" = active ]" 60
	id=$(live_instances)
	break_hooks suspend
	in_cluster scancel "$job"
	wait_for "job_is $job CANCELLED" 20
	end_by_hand "$id"
	wait_for "[ \"\$(instance_state $id)\" = terminated ]" 20
	[ "$(db "SELECT state FROM instance WHERE id = '$id'")" = running ]
	sleep 10
	reconcile
	[ "$status" -eq 0 ]
	[ "$(db "SELECT state, ended_s > 0 FROM instance WHERE id = '$id'")" = 'terminated|1' ]
	[ "$(gang_state "$job")" != active ]
	# slurmctld may have powered its node down meanwhile
	wait_for agreed 30
}

@test "job-over and instance-without-node: the job is over, and SuspendProgram never came" {
	break_hooks suspend
	job=$(submit -N 2 -t 5 -w 'aws-hpc-[0-1]' --efa=required --wrap 'sleep 300')
	wait_for "[ \"\$(gang_state $job)\" = active ]" 60
	in_cluster scancel "$job"
	wait_for 'node_is aws-hpc-0 POWERED_DOWN && node_is aws-hpc-1 POWERED_DOWN' 60
	[ "$(live_count)" -eq 2 ]
	[ "$(gang_state "$job")" = active ]
	mapfile -t ids < <(live_instances | sort)
	reconcile
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "instance-without-node instance ${ids[0]}: ended: its node is powered down" ]
	[ "${lines[1]}" = "instance-without-node instance ${ids[1]}: ended: its node is powered down" ]
	[ "$(live_count)" -eq 0 ]
	wait_for agreed 20
	[ "$(gang_state "$job")" = released ]
	[ "$(counted instance-without-node)" -eq 2 ]
}

@test "orphan-adopt: state.db put back from an older copy: a running gang is taken up again, its job goes on" {
	wait_for '[ -z "$(in_cluster pgrep -f aws-slurm-burst)" ]' 60
	for file in "$BURST_STATE"/state.db*; do cp -p "$file" "$BATS_TEST_TMPDIR"; done
	job=$(submit -N 2 -t 5 --efa=required --wrap 'until [ -e ~/go ]; do sleep 1; done')
	wait_for "[ \"\$(gang_state $job)\" = active ]" 60
	gang=$(gang_of "$job")
	mapfile -t ids < <(live_instances | sort)
	wait_for '[ -z "$(in_cluster pgrep -f aws-slurm-burst)" ]' 60
	rm "$BURST_STATE"/state.db*
	cp -p "$BATS_TEST_TMPDIR"/state.db* "$BURST_STATE"
	[ "$(helper status --all --json | jq "[.gangs[] | select(.id == \"$gang\")] | length")" -eq 0 ]
	sleep 10
	reconcile
	[ "$status" -eq 0 ]
	[[ ${lines[0]} =~ ^"orphan-adopt instance ${ids[0]}: 2 instance(s) of gang $gang written down again: Slurm uses it as node aws-hpc-"[0-7]", and state.db does not know it"$ ]]
	[ "$(db "SELECT id FROM instance WHERE gang = '$gang' AND state = 'running' ORDER BY id" | paste -sd' ')" = "${ids[*]}" ]
	[ "$(gang_state "$job")" = active ]
	[ "$(live_count)" -eq 2 ]
	: >"$BURST_HOME/go"
	wait_for "job_is $job COMPLETED" 120
	wait_for settled 60
	[ "$(gang_state "$job")" = released ]
}

@test "reconcile: a region of EC2 that does not answer is named, nothing is done there, and the status says so" {
	faults '[{"action": "DescribeInstances", "every": true, "error": {"code": "UnauthorizedOperation", "message": "You are not authorized to perform this operation."}}]'
	reconcile
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[[ $stderr == "EC2 in us-east-2 could not be asked, so what needs it is left as it is: "*UnauthorizedOperation* ]]
	faults '[]'
	agreed
}

@test "reconcile: usage" {
	run -2 --separate-stderr helper reconcile now
	[[ $stderr == "usage: aws-slurm-burst reconcile [--dry-run] [--json]"* ]]
	run -2 --separate-stderr helper reconcile --watch --dry-run
	run -2 --separate-stderr helper reconcile --rebuild --dry-run
	run -0 --separate-stderr helper reconcile --help
	[[ $output == *"exit status: 0 all agrees or was repaired, 1 something could not be" ]]
}
