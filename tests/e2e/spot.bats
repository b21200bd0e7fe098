#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 4
#
# EC2 takes spot instances back: real jobs that catch a signal and write a checkpoint, on real slurmds. All
# jobs are started at the beginning, together; each test has its own.

# shellcheck disable=SC2016 # wait_for evaluates its argument

load cluster
load gang

# a job that is killed with its nodes; a batch script that is ending when its node goes
ALLOWED_ERRORS+='
Nodes [^ ]+ not responding
slurm_msg_sendto
Unable to get address: Temporary failure in name resolution
slurm_receive_msgs: \[\] failed: Zero Bytes were transmitted or received
agent/is_node_resp: node:
Security violation, UPDATE_NODE RPC'

QUEUE=https://sqs.us-east-2.amazonaws.com/123456789012/burst
export QUEUE

setup_file() {
	local name
	[[ -n ${BURST_PREFIX:-}${BURST_BUILD:-} ]] || return 0
	cluster_start --nodes 32 --scenario '{"queues": [{"name": "burst", "copies": 2}]}' --conf '{
		"launch": {"fallback_on_demand": true},
		"slurm": {"partitions": [{"partition_name": "aws",
			"partition_options": {"Default": "YES", "MaxTime": "1:00:00", "OverSubscribe": "EXCLUSIVE"},
			"node_groups": [{"node_group_name": "hpc", "max_nodes": 32, "region": "us-east-2",
				"purchasing_option": "spot", "slurm_specifications": {"CPUs": "4", "RealMemory": "1000"},
				"launch_template_specification": {"launch_template_name": "burst-lt"},
				"launch_template_overrides": [{"instance_type": "c5n.18xlarge"},
					{"instance_type": "c6in.32xlarge"}],
				"subnet_ids": ["subnet-0aaaaaaaaaaaaaaa1"],
				"security_group_ids": ["sg-0aaaaaaaaaaaaaaa1"]}]}]}}' || return
	: >"$BURST_DIR/etc/burst-notice"
	cat >"$BURST_HOME/work.sh" <<-'END'
	#!/bin/bash
	# work.sh FATE: catches USR1, writes a checkpoint and exits with status FATE; "on": goes on
	name=$SLURM_JOB_NAME$SLURM_ARRAY_TASK_ID
	log=$HOME/$name.log
	say() { printf '%s %s\n' "$(date +%s%3N)" "$*" >>"$log"; }
	trap 'say USR1; echo "step $step" >"$HOME/$name.checkpoint"; [ "$1" = on ] || exit "$1"' USR1
	trap 'say TERM; exit 9' TERM
	say "start ${SLURM_RESTART_COUNT:-0} from $(cat "$HOME/$name.checkpoint" 2>/dev/null || echo nothing)"
	for step in {1..900}; do sleep 1 & wait $!; done
	END
	chmod 755 "$BURST_HOME/work.sh"
	for name in twice:2:1 node:2:1 rebalance:2:on three:2:1 deadline:2:on zero:2:0 never:2:on killed:2:on stopped:2:1 hostile:2:1; do
		IFS=: read -r name nodes fate <<<"$name"
		submit -J "$name" -N "$nodes" -t 20 work.sh "$fate" >"$BATS_FILE_TMPDIR/job.$name"
	done
	# two jobs of one node, launched together
	submit -J 'array' -a 0-1 -N 1 -t 20 work.sh 1 >"$BATS_FILE_TMPDIR/array"
	as_user srun -J srun -N 1 -t 20 sleep 900 >"$BATS_FILE_TMPDIR/srun.out" 2>&1 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/srun.pid"
	for name in "$BATS_FILE_TMPDIR"/job.*; do
		wait_for "started ${name##*job.} 0" 120 || return
	done
}

teardown_file() {
	deaf
	cluster_stop
}

setup() {
	need_helper
	SEEN=$(tail -n 1 "$BURST_JOURNAL" | jq .seq)
}

teardown() {
	deaf
	cluster_teardown
}

# job NAME: its id
job() {
	cat "$BATS_FILE_TMPDIR/job.$1"
}

# started NAME RESTART: its script has begun
started() {
	grep -q " start $2 " "$BURST_HOME/$1.log"
}

# times NAME WORD: how often it has been said
times() {
	grep -c " $2\$" "$BURST_HOME/$1.log" || :
}

# listen [KEY: VALUE]...: the watcher, with this section spot
listen() {
	{
		cat "$BURST_CONF"
		printf 'spot:\n'
		printf '  %s\n' 'signal: USR1' "$@"
	} | awk '/^[ ]+[a-z_]+:/ && inside { split($1, k, ":"); if (k[1] in at) { line[at[k[1]]] = $0; next }
		at[k[1]] = NR } /^spot:/ { inside = 1 } { line[NR] = $0 } END { for (i = 1; i <= NR; i++)
		if (i in line) print line[i] }' >"$BURST_DIR/etc/slurm/notices.yaml"
	watch
}

watch() {
	as_slurm "$BURST_PREFIX/bin/aws-slurm-burst" -c /etc/slurm/notices.yaml notices \
		</dev/null >"$BATS_TEST_TMPDIR/notices.out" 2>&1 3>&- &
	WATCH=$!
	wait_for "[ $(grep -c 'listening for notices' "$BURST_LOG") -lt \$(grep -c 'listening for notices' '$BURST_LOG') ]" 10
}

# deaf [SIGNAL]: no watcher any more
deaf() {
	[[ -n ${WATCH:-} ]] || return 0
	in_cluster pkill "-${1:-TERM}" -f 'notices.yaml notices' || :
	wait "$WATCH" || :
	WATCH=
}

# instance NAME [N]: the Nth instance of the job, as of now
instance() {
	ec2_objects instance "select((.state == \"running\") and any(.tags | to_entries[]; .key == \"burst:job\" and
		.value == \"$(job "$1")\")) | .id" | jq -r . | sed -n "${2:-1}p"
}

gang_of() {
	helper status --json --all | jq -r "[.gangs[] | select(.job == \"$(job "$1")\")][-1].id"
}

control() {
	in_cluster "$BURST_SOURCE/contrib/ec2sim/ec2sim-control" "$BURST_DIR/ec2sim" "$@" >/dev/null
}

# latency NAME INSTANCE: milliseconds from EC2's notice to the signal that the helper's log tells of
latency() {
	local noticed sent
	noticed=$(journal "select(.kind == \"event\" and .event == \"interruption-notice\" and .instance == \"$2\") | .time" | jq -r .)
	sent=$(sed -nE "s/^([^ ]+) .* USR1 sent to job $(job "$1"), .*/\1/p" "$BURST_LOG" | tail -n 1)
	echo $(($(date -d "$sent" +%s%3N) - $(date -d "$noticed" +%s%3N)))
}

# within NAME INSTANCE: signalled in less than 10 s, by the log as by the job's own word
within() {
	local ms said noticed
	ms=$(latency "$1" "$2")
	noticed=$(journal "select(.kind == \"event\" and .event == \"interruption-notice\" and .instance == \"$2\") | .time" | jq -r .)
	said=$(sed -n 's/ USR1$//p' "$BURST_HOME/$1.log" | tail -n 1)
	echo "# notice to signal: $ms ms by the log, $((said - $(date -d "$noticed" +%s%3N))) ms by the job" >&3
	((ms < 10000 && said - $(date -d "$noticed" +%s%3N) < 10000))
}

ended() {
	[[ $(ec2_objects instance "select(.id == \"$1\") | .state" | jq -r .) =~ ^(shutting-down|terminated)$ ]]
}

db() {
	sqlite3 -readonly "$BURST_STATE/state.db" "$1"
}

@test "by SQS: the job writes a checkpoint, its gang goes whole, it starts elsewhere, then on-demand" {
	listen "queue_url: $QUEUE"
	first=$(instance twice 1) second=$(instance twice 2)
	control interrupt 'tell=["events"]' "$first"
	wait_for '[ "$(times twice USR1)" -ge 1 ]' 15
	within twice "$first"
	wait_for 'was_told "$(job twice)" "burst: spot instance $first (*) will be taken back at *"' 15
	wait_for '[ "$(job_field "$(job twice)" Restarts)" = 1 ]' 15
	wait_for 'ended "$first" && ended "$second"' 15
	[ "$(db "SELECT count(*) FROM pool_failure WHERE type = 'c5n.18xlarge' AND spot AND code = 'SpotInterruption'")" = 1 ]
	# the pool is avoided, and not two minutes waited
	wait_for 'started twice 1' 90
	grep -q ' start 1 from step ' "$BURST_HOME/twice.log"
	[ "$(ec2_objects instance "select(.id == \"$(instance twice)\") | .type + \" \" + .market" | jq -r .)" = 'c6in.32xlarge spot' ]
	first=$(instance twice 2)
	control interrupt 'tell=["events"]' "$first"
	wait_for '[ "$(times twice USR1)" -ge 2 ]' 15
	within twice "$first"
	wait_for '[ "$(job_field "$(job twice)" Restarts)" = 2 ]' 15
	wait_for '[[ $(job_field "$(job twice)" AdminComment) == "burst: 2 x c5n.18xlarge on-demand "* ]]' 30
	[[ $(requests CreateFleet "select(.seq > $SEEN) | .params.TargetCapacitySpecification.DefaultTargetCapacityType" |
		tail -n 1) == '"on-demand"' ]]
	helper explain "$(job twice)" | grep -q 'spot instances were taken from the job 2 times'
	[ "$(times twice USR1)" = 2 ]
	in_cluster scancel "$(job twice)"
}

@test "by asking EC2, where there is no queue" {
	listen 'poll_s: 3'
	first=$(instance zero 1) second=$(instance zero 2)
	control interrupt 'tell=["request"]' "$first"
	wait_for '[ "$(times zero USR1)" = 1 ]' 15
	within zero "$first"
	# it has ended with exit status 0: done
	wait_for 'job_is "$(job zero)" COMPLETED' 15
	wait_for 'ended "$first" && ended "$second"' 15
	sleep 2
	job_is "$(job zero)" COMPLETED
	[ "$(job_field "$(job zero)" Restarts)" = 0 ]
}

@test "by the node itself, whose reason it is" {
	listen 'poll_s: 300'
	first=$(instance node 1) second=$(instance node 2)
	control interrupt 'tell=["imds"]' "$first"
	wait_for '[ "$(times node USR1)" = 1 ]' 15
	within node "$first"
	grep -q 'notice from node: spot instance '"$first" "$BURST_LOG"
	wait_for '[ "$(job_field "$(job node)" Restarts)" = 1 ]' 15
	wait_for 'ended "$first" && ended "$second"' 15
	in_cluster scancel "$(job node)"
	# nothing of it stays on the nodes: the next life begins clean
	wait_for '! in_cluster scontrol -o show node | grep "Reason=burst notice"' 30
}

@test "told three times over: acted on once" {
	listen "queue_url: $QUEUE"
	first=$(instance three 1) second=$(instance three 2)
	control interrupt "$first" "$second"
	wait_for '[ "$(job_field "$(job three)" Restarts)" = 1 ]' 20
	in_cluster scancel "$(job three)"
	# the nodes' own word comes up to 5 s later, the second copy of the event at any time
	sleep 7
	[ "$(times three USR1)" = 1 ]
	[ "$(grep -c "USR1 sent to job $(job three)," "$BURST_LOG")" = 1 ]
	[ "$(grep -c "job $(job three) is sent back into the queue" "$BURST_LOG")" = 1 ]
	[ "$(db "SELECT count(*) FROM notice WHERE instance IN ('$first', '$second')")" = 2 ]
	[ "$(db 'SELECT count(*) FROM notice WHERE done_ms = 0')" = 0 ]
}

@test "a job that goes on is sent back before the deadline, with time to end in" {
	listen 'poll_s: 300'
	first=$(instance deadline 2)
	control interrupt notice_s=40 'tell=["imds"]' "$first"
	wait_for '[ "$(times deadline USR1)" = 1 ]' 15
	within deadline "$first"
	[ "$(job_field "$(job deadline)" Restarts)" = 0 ]
	wait_for '[ "$(job_field "$(job deadline)" Restarts)" = 1 ]' 30
	wait_for '[ "$(times deadline TERM)" = 1 ]' 5
	# EC2 has not taken it yet
	[ -z "$(journal "select(.event == \"shutting-down\" and .instance == \"$first\" and .seq > $SEEN and
		(.reason // \"\" | test(\"Spot\")))")" ]
	wait_for 'ended "$first"' 15
	in_cluster scancel "$(job deadline)"
}

@test "never: the job has its nodes until EC2 takes them, and is not requeued" {
	listen 'poll_s: 2' 'requeue: never'
	first=$(instance never 1)
	control interrupt notice_s=20 'tell=["imds"]' "$first"
	wait_for '[ "$(times never USR1)" = 1 ]' 15
	[[ $(job_field "$(job never)" AdminComment) == *"the job ends with it and is not requeued" ]]
	job_is "$(job never)" RUNNING
	wait_for '[[ $(job_state "$(job never)") =~ ^(NODE_FAIL|FAILED|CANCELLED)$ ]]' 40
	[ "$(job_field "$(job never)" Restarts)" = 0 ]
	wait_for '[ -z "$(instance never 1)$(instance never 2)" ]' 30
}

@test "kill -9 of the watcher after the signal: the next one finishes, once" {
	listen "queue_url: $QUEUE"
	first=$(instance killed 1) second=$(instance killed 2)
	control interrupt 'tell=["events"]' "$first"
	wait_for "grep -q 'USR1 sent to job $(job killed),' '$BURST_LOG'" 15
	deaf KILL
	# so that the test need not wait for two minutes
	sqlite3 "$BURST_STATE/state.db" "UPDATE notice SET deadline_ms = seen_ms + 40000 WHERE instance = '$first'"
	[ "$(job_field "$(job killed)" Restarts)" = 0 ]
	watch
	wait_for '[ "$(job_field "$(job killed)" Restarts)" = 1 ]' 45
	wait_for 'ended "$first" && ended "$second"' 20
	deaf KILL
	watch
	sleep 3
	[ "$(times killed USR1)" = 1 ]
	[ "$(grep -c "job $(job killed) is sent back into the queue" "$BURST_LOG")" = 1 ]
	[ "$(job_field "$(job killed)" Restarts)" = 1 ]
	[ "$(db "SELECT count(*) FROM notice WHERE instance = '$first' AND done_ms > 0")" = 1 ]
	in_cluster scancel "$(job killed)"
}

@test "kill -9 of the watcher before the signal: the next one sends it" {
	listen "queue_url: $QUEUE"
	first=$(instance stopped 1)
	"$REHEARSAL/cluster" daemon "$BURST_DIR" slurmctld stop
	control interrupt 'tell=["events"]' "$first"
	wait_for "[ \"\$(db \"SELECT count(*) FROM notice WHERE instance = '$first'\")\" = 1 ]" 30
	deaf KILL
	[ "$(times stopped USR1)" = 0 ]
	"$REHEARSAL/cluster" daemon "$BURST_DIR" slurmctld start
	watch
	wait_for '[ "$(times stopped USR1)" = 1 ]' 30
	wait_for '[ "$(job_field "$(job stopped)" Restarts)" = 1 ]' 20
	[ "$(times stopped USR1)" = 1 ]
	in_cluster scancel "$(job stopped)"
}

@test "unknown instances, other people's messages and nonsense do nothing" {
	listen "queue_url: $QUEUE"
	first=$(instance hostile 1)
	before=$(db 'SELECT count(*) FROM notice')
	event() {
		jq -nc --arg type "$1" --argjson detail "$2" '{version: "0", id: "11111111-2222-3333-4444-555555555555",
			"detail-type": $type, source: "aws.ec2", account: "123456789012", time: (now | todate),
			region: "us-east-2", resources: [], detail: $detail}'
	}
	message() {
		control message body="$(printf %s "$1" | jq -Rs .)"
	}
	warning='EC2 Spot Instance Interruption Warning'
	message "$(event "$warning" '{"instance-id": "i-0123456789abcdef0", "instance-action": "terminate"}')"
	message "$(event "$warning" "{\"instance-id\": \"$first; rm -rf /\", \"instance-action\": \"terminate\"}")"
	message "$(event "$warning" "{\"instance-id\": [\"$first\"], \"instance-action\": \"terminate\"}")"
	message "$(event "$warning" "{\"instance-id\": \"$first\", \"instance-action\": \"terminate; rm\"}")"
	message "$(event 'Something Else' "{\"instance-id\": \"$first\"}")"
	# from before its launch
	message "$(event "$warning" "{\"instance-id\": \"$first\", \"instance-action\": \"terminate\"}" |
		jq -c '.time = "2020-01-01T00:00:00Z"')"
	message '<html><body>Welcome to the hotel</body></html>'
	message "$(printf '{%.0s' {1..5000})"
	message "$(printf 'x%.0s' {1..20000})"
	# a user can give a node no reason
	run ! as_user scontrol update nodename=aws-hpc-0 state=drain reason='burst notice: spot terminate 2026-11-22T12:34:56Z'
	wait_for '[ "$(in_cluster "$BURST_SOURCE/contrib/ec2sim/ec2sim-control" "$BURST_DIR/ec2sim" messages | jq "[.. | .body? // empty] | length")" = 0 ]' 45
	sleep 2
	[ "$(times hostile USR1)" = 0 ]
	job_is "$(job hostile)" RUNNING
	[ "$(db 'SELECT count(*) FROM notice')" = "$before" ]
	# and it still listens
	control interrupt 'tell=["events"]' "$first"
	wait_for '[ "$(times hostile USR1)" = 1 ]' 15
	in_cluster scancel "$(job hostile)"
}

@test "of a pool of one-node jobs only the one whose instance is taken is hit" {
	listen "queue_url: $QUEUE"
	wait_for 'started array0 0 && started array1 0' 60
	array=$(cat "$BATS_FILE_TMPDIR/array")
	node=$(job_field "${array}_1" NodeList)
	mine=$(db "SELECT id FROM instance WHERE node = '$node' AND state = 'running'")
	other=$(db "SELECT id FROM instance WHERE node = '$(job_field "${array}_0" NodeList)' AND state = 'running'")
	control interrupt 'tell=["events"]' "$mine"
	wait_for '[ "$(times array1 USR1)" = 1 ]' 15
	wait_for 'ended "$mine"' 20
	wait_for '[ "$(job_field "${array}_1" Restarts)" = 1 ]' 15
	[ "$(times array0 USR1)" = 0 ]
	job_is "${array}_0" RUNNING
	run ! ended "$other"
	in_cluster scancel "$array"
}

@test "srun is told at its terminal, and ends with its instance" {
	listen "queue_url: $QUEUE" 'signal: none'
	srun=$(in_cluster squeue -h -n srun -o %A)
	wait_for 'job_is "$srun" RUNNING' 60
	mine=$(db "SELECT id FROM instance WHERE node = '$(job_field "$srun" NodeList)' AND state = 'running'")
	control interrupt notice_s=15 'tell=["imds"]' "$mine"
	wait_for "grep -q '^srun: burst: spot instance $mine .* will be taken back at .*; the job ends with it' '$BATS_FILE_TMPDIR/srun.out'" 15
	job_is "$srun" RUNNING
	wait_for '! job_is "$srun" RUNNING' 40
	wait "$(cat "$BATS_FILE_TMPDIR/srun.pid")" 2>/dev/null || :
	wait_for 'ended "$mine"' 15
}

@test "a rebalance recommendation is logged; by policy the job is signalled and goes on" {
	listen "queue_url: $QUEUE"
	first=$(instance rebalance 1)
	control rebalance 'tell=["events"]' "$first"
	wait_for "grep -q 'notice from .*: spot instance $first .* may soon be taken back; only logged' '$BURST_LOG'" 15
	sleep 2
	[ "$(times rebalance USR1)" = 0 ]
	deaf
	sqlite3 "$BURST_STATE/state.db" "DELETE FROM notice WHERE instance = '$first'"
	listen "queue_url: $QUEUE" 'rebalance: act'
	control rebalance 'tell=["events"]' "$first"
	# the one before may have died with the message in its hands: the queue gives it out again after 30 s
	wait_for '[ "$(times rebalance USR1)" = 1 ]' 50
	sleep 3
	job_is "$(job rebalance)" RUNNING
	[ "$(times rebalance USR1)" = 1 ]
	[[ $(job_field "$(job rebalance)" AdminComment) == *"may soon be taken back; USR1 sent; the job goes on, its nodes take no other" ]]
	# then EC2 means it: signalled again, and sent back by what it does
	control interrupt notice_s=30 'tell=["imds"]' "$first"
	wait_for '[ "$(times rebalance USR1)" = 2 ]' 15
	wait_for '[ "$(job_field "$(job rebalance)" Restarts)" = 1 ]' 30
	wait_for 'ended "$first"' 20
	in_cluster scancel "$(job rebalance)"
}
