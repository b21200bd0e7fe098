#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 6
#
# suspend, epilog and reconcile are killed before each of their side effects, then one reconcile.

load cluster
load gang
load crash

setup_file() {
	cluster_start --nodes 512 --boot none --conf '{"slurm": {"requeue_delay_s": 600}, "reconcile": {"grace_s": 5}}' \
		--slurm ResumeTimeout=1200
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
}

teardown() {
	live_in suspend
	live_in epilog
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	partition up
	wait_for settled 60
}

told() { # JOB...: their nodes are told to Slurm
	local job
	for job; do
		grep -q "job=$job .*nodes told to Slurm" "$BURST_LOG" || return
	done
}

# gangs N: N jobs of two nodes whose instances run; into JOBS
gangs() {
	local i
	jobs=()
	for ((i = 0; i < $1; i++)); do
		jobs+=("$(submit -N 2 -t 5 --efa=required --wrap true)")
	done
	wait_for "told ${jobs[*]}" 120
	partition down
}

# suspend_matrix CALLS JOBS [STEP]: the nodes of one gang after the other are powered down, by a suspend that dies
suspend_matrix() {
	local n=0 job
	gangs "$2"
	die_in suspend "$1" "${3:-1}"
	for job in "${jobs[@]}"; do
		n=$((n + 1))
		in_cluster scontrol update nodename="$(job_field "$job" NodeList)" state=power_down_force reason=matrix
		wait_for "[ \$(starts) -ge $n ]" 20
		n=$(starts)
		wait_for "! in_cluster pgrep -x strace" 60
	done
	live_in suspend
	echo "suspend was started $n times, and killed $(kills) times"
	agree "${jobs[@]}"
}

@test "suspend is killed before each write" {
	suspend_matrix "$WRITES" 16
}

@test "suspend is killed before each request" {
	suspend_matrix "$SENDS" 24 2
}

@test "suspend is killed before it reads an answer" {
	suspend_matrix "$ANSWERS" 16 4
}

@test "epilog is killed before each write" {
	local job n
	gangs 6
	die_in epilog "$WRITES"
	for job in "${jobs[@]}"; do
		n=$(starts)
		in_cluster scancel "$job"
		# slurmctld ends all programs of a job that is cancelled before it began, at times its new epilog before that did
		# anything
		wait_for "[ \$(starts) -gt $n ] || grep -q 'JobId=$job EpilogSlurmctld killed by signal' '$BURST_SLURMCTLD_LOG'" 60
	done
	live_in epilog
	echo "epilog was started $(starts) times, and killed $(kills) times"
	[ "$(kills)" -ge 1 ]
	wait_for '! in_cluster squeue -h | grep .' 60
	agree
}

# reconcile_matrix CALLS STEP: again and again, one call later, until it comes through; there is something to do for it
reconcile_matrix() {
	local n=1 status
	gangs 6
	# the hooks are out of order: the jobs end, and nobody takes anything down
	in_cluster pkill -KILL -f 'aws-slurm-burst.*resume'
	cp "$BURST_DIR/hooks/suspend" "$BURST_DIR/hooks/suspend.whole"
	printf '#!/bin/sh\nexit 1\n' >"$BURST_DIR/hooks/suspend"
	in_cluster scancel "${jobs[@]}"
	while :; do
		status=0
		dying "$1" "$n" reconcile 2>/dev/null || status=$?
		[ "$status" -ne 137 ] && break
		n=$((n + $2))
		((n < 2000)) || return
	done
	[ "$status" = 0 ]
	echo "reconcile was killed at $(((n - 1) / $2)) places"
	((n > 1))
	live_in suspend
	agree
}

@test "reconcile is killed before each write" {
	reconcile_matrix "$WRITES" 1
}

@test "reconcile is killed before each request" {
	reconcile_matrix "$SENDS" 3
}
