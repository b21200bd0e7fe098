#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 4
#
# reconcile looks all the time while gangs come, run and go by themselves: it finds nothing, whenever it looks.

# shellcheck disable=SC2016,SC2154 # wait_for evaluates its argument; run sets output and stderr

load cluster
load gang
load reconcile

setup_file() {
	# so short a grace that only the order of looking keeps it from false findings
	cluster_start --nodes 6 --slurm SuspendTime=5 --conf '{
		"slurm": {"requeue_delay_s": 2},
		"reconcile": {"grace_s": 5, "name_tags": false}}'
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
}

teardown() {
	[[ ! -e $BATS_TEST_TMPDIR/looker ]] || kill "$(<"$BATS_TEST_TMPDIR/looker")" 2>/dev/null || :
	cluster_teardown
}

# look_on FILE: in the background, one dry run after the other; what is found goes to FILE, a line for each look
# to FILE.count
look_on() {
	while :; do
		helper reconcile --dry-run >"$1.now" 2>&1 || :
		grep -qxF "$AGREE" "$1.now" || {
			date -u +%T.%N
			cat "$1.now"
			in_cluster sinfo -N -h -o '%N %T'
		} >>"$1"
		echo >>"$1.count"
		sleep 0.2
	done &
	echo $! >"$BATS_TEST_TMPDIR/looker"
}

@test "quiet: gangs come, run, are cancelled and powered down by hand; no pass in between finds anything" {
	local found=$BATS_TEST_TMPDIR/found
	job=$(submit -N 1 -t 5 --wrap true)
	wait_for "job_is $job COMPLETED" 60
	look_on "$found"
	one=$(submit -N 2 -t 5 --efa=required --wrap 'sleep 3')
	two=$(submit -N 1 -t 5 --wrap 'sleep 1')
	gone=$(submit -N 1 -t 5 --wrap 'sleep 300')
	sleep 1
	in_cluster scancel "$gone" # on its way up
	wait_for "job_is $one COMPLETED && job_is $two COMPLETED" 90
	three=$(submit -N 2 -t 5 --wrap 'sleep 300')
	wait_for "[ \"\$(gang_state $three)\" = active ]" 60
	in_cluster scontrol requeue "$three"
	wait_for settled 60
	in_cluster scancel "$three"
	four=$(submit -N 2 -t 5 --wrap 'sleep 300')
	wait_for "[ \"\$(gang_state $four)\" = active ]" 60
	in_cluster scontrol update nodename="$(job_field "$four" NodeList)" state=power_down_force reason=test
	in_cluster scancel "$four"
	wait_for settled 90
	kill "$(<"$BATS_TEST_TMPDIR/looker")"
	[ "$(wc -l <"$found.count")" -ge 30 ]
	[ ! -e "$found" ] || {
		cat "$found"
		return 1
	}
}
