#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The slurmctld host's clock is set, forward or back, or is wrong: nothing is ended before its time, and gangs come and go.
# Slurm, EC2 and the machine keep the right time; only our own programs are told another (set_clock.c).

# shellcheck disable=SC2016 # wait_for evaluates its argument

load cluster
load gang
load reconcile

setup_file() {
	open_tmp
	chmod o+x "$BATS_FILE_TMPDIR"
	export CLOCK=$BATS_FILE_TMPDIR/clock CLOCK_SO=$BATS_FILE_TMPDIR/set_clock.so
	set_clock 0
	gcc -shared -fPIC -O2 -Wall -Werror -o "$CLOCK_SO" "$BATS_TEST_DIRNAME/set_clock.c"
	cluster_start --nodes 8 --conf '{"slurm": {"requeue_delay_s": 3}, "reconcile": {"grace_s": 4}}'
	[[ -n ${BURST_PREFIX:-} ]] || return 0
	sed -i "2i export LD_PRELOAD=$CLOCK_SO BURST_CLOCK=$CLOCK" "$BURST_DIR"/hooks/*
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
}

teardown() {
	faults '[]'
	set_clock 0
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	wait_for settled 90
}

# set_clock SECONDS: off by so many from now on
set_clock() {
	echo "$1" >"$CLOCK.new"
	chmod 644 "$CLOCK.new"
	mv "$CLOCK.new" "$CLOCK"
}

helper() {
	as_slurm env LD_PRELOAD="$CLOCK_SO" BURST_CLOCK="$CLOCK" \
		"$BURST_PREFIX/bin/aws-slurm-burst" -c /etc/slurm/aws-burst.yaml "$@"
}

# set_while_launching SECONDS: a job of two nodes, and the clock is set while EC2 launches; sets JOB
set_while_launching() {
	faults '[{"action": "CreateFleet", "every": true, "delay_ms": 5000}]'
	JOB=$(submit -N 2 -t 5 --efa=required --wrap 'sleep 300')
	wait_for '[ "$(db "SELECT state FROM gang ORDER BY seq DESC LIMIT 1")" = launching ]' 60
	set_clock "$1"
	# a process has it in hand, however old it looks
	helper reconcile
	wait_for "[ \"\$(gang_state $JOB)\" = active ]" 60
	helper reconcile
	[[ $(job_field "$JOB" AdminComment) == 'burst: 2 x hpc7a.96xlarge '* ]]
	wait_for "job_is $JOB RUNNING" 60
	[ "$(live_count)" -eq 2 ]
	[ "$(request_count CreateFleet)" -eq "$((BEFORE + 1))" ]
}

# ends_well SECONDS: JOB is cancelled; its instances are ended, and what they cost is no nonsense. SECONDS: as the clock is set
ends_well() {
	in_cluster scancel "$JOB"
	wait_for '[ "$(live_count)" -eq 0 ]' 60
	wait_for "[ \"\$(gang_state $JOB)\" = released ]" 60
	# by EC2's own times, whatever ours were
	[ "$(db "SELECT count(*) FROM instance WHERE gang = '$(gang_of "$JOB")' AND ended_s >= launched_s AND ended_s < launched_s + 300")" -eq 2 ]
	# and it was another clock that we have looked at
	[ "$(db "SELECT count(*) FROM instance WHERE gang = '$(gang_of "$JOB")' AND abs(terminated_ms / 1000 - ended_s - $1) < 120")" -eq 2 ]
}

@test "the clock is set an hour ahead while EC2 launches: the gang comes, is told, and goes" {
	BEFORE=$(request_count CreateFleet)
	set_while_launching 3600
	ends_well 3600
}

@test "the clock is set two hours back while EC2 launches: the same" {
	BEFORE=$(request_count CreateFleet)
	set_while_launching -7200
	ends_well -7200
}

@test "the clock is set while a job runs: SuspendProgram ends its instances at once, forward and back" {
	for off in 3600 -3600; do
		set_clock 0
		JOB=$(submit -N 2 -t 5 --wrap 'sleep 300')
		wait_for "[ \"\$(gang_state $JOB)\" = active ]" 60
		set_clock "$off"
		ends_well "$off"
	done
}

@test "a clock that is wrong by an hour: reconcile says so, and takes nothing for old until it is set right" {
	JOB=$(submit -N 1 -t 5 --wrap 'sleep 300')
	wait_for "[ \"\$(gang_state $JOB)\" = active ]" 60
	helper reconcile
	set_clock 3600
	id=$(launch_by_hand 1 burst:cluster=rehearsal "burst:gang=$(gang_of "$JOB")")
	for _ in 1 2; do
		run -0 --separate-stderr helper reconcile
		[ "$output" = "$AGREE" ]
	done
	grep -q "the clock differs from AWS's by -3[56][0-9][0-9] s: nothing is judged by its age until it is set right" "$BURST_LOG"
	[[ $(instance_state "$id") == @(pending|running) ]]
	[ "$(live_count)" -eq 2 ]
	# set right, ages count from then on
	set_clock 0
	helper reconcile
	[[ $(instance_state "$id") == @(pending|running) ]]
	sleep 6
	run -0 --separate-stderr helper reconcile
	[[ $output == "orphan-end instance $id: "* ]]
	[ "$(live_count)" -eq 1 ]
	[ "$(gang_state "$JOB")" = active ]
}
