#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 6
#
# resume is killed before each of its side effects, then one reconcile: nothing runs that nobody waits for,
# every job is back in the queue, and EC2, Slurm and state.db say the same.

load cluster
load gang
load crash

setup_file() {
	cluster_start --nodes 512 --boot none --conf '{"slurm": {"requeue_delay_s": 600}, "reconcile": {"grace_s": 5},
		"limits": [{"name": "all", "scope": "site", "period": "month", "usd": 1000000}]}' \
		--slurm ResumeTimeout=1200
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
}

teardown() {
	live_in resume
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	partition up
	wait_for settled 60
}

told() { # JOB: its nodes are told to Slurm
	grep -q "job=$1 .*nodes told to Slurm" "$BURST_LOG"
}

# dead_or_told: each start of resume has been killed or has come as far as it can here
dead_or_told() {
	local i
	for i in "${!jobs[@]}"; do
		killed $((i + 1)) || told "${jobs[i]}" || return
	done
}

# matrix CALLS [STEP]: jobs of two nodes, each with a resume that dies some calls later than the one before, until one
# has told the nodes to Slurm; then one reconcile
matrix() {
	local n=0 job
	jobs=()
	die_in resume "$@"
	until ((n > 3)) && told "${jobs[-3]}"; do
		n=$((n + 1))
		job=$(submit -N 2 -t 5 --efa=required --wrap true)
		jobs+=("$job")
		wait_for "[ \$(starts) -ge $n ]" 20 || return
		n=$(starts)
	done
	live_in resume
	partition down
	wait_for 'dead_or_told' 30
	# those that were not killed wait for nodes that never come: nobody wants them any more
	for job in "${jobs[@]}"; do
		! told "$job" || in_cluster scancel "$job"
	done
	echo "resume was started $n times for ${#jobs[@]} jobs, and killed $(kills) times"
	# what EC2 was asked for and has not shown within a minute it has not made
	wait_for launches_known 70
	agree "${jobs[@]}"
}

@test "resume is killed before each write" {
	matrix "$WRITES"
}

@test "resume is killed before each request" {
	matrix "$SENDS" 2
}

@test "resume is killed before it reads an answer" {
	matrix "$ANSWERS" 3
}
