#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# contrib/rehearsal/run: what a newcomer does first. An MPI job with --efa=required goes all the way
# through and back, twice; what fails is told, and nothing is left in any case.

load cluster

setup_file() {
	install_tree
	need_helper
	export RUN_DIR=$BATS_FILE_TMPDIR/r
}

setup() {
	need_helper
}

teardown_file() {
	# the last test kills its cluster: there is none to stop, and nothing of it may be left
	"$REHEARSAL/cluster" stop "$RUN_DIR/cluster" || wait_for none_left 10
}

rehearse() {
	"$REHEARSAL/run" --prefix "$BURST_PREFIX" --dir "$RUN_DIR" "$@"
}

# steps TEXT...: the timeline in $output has these, in this order
steps() {
	local step rest
	rest=$(sed -n '/^== Timeline/,/^== What the job wrote/p' <<<"$output")
	for step; do
		[[ $rest == *"$step"* ]] || {
			echo "not in the timeline, or too early: $step"
			return 1
		}
		rest=${rest#*"$step"}
	done
}

# none_left: no process of a cluster in RUN_DIR
none_left() {
	# pgrep does not find itself
	! pgrep -f -- "$RUN_DIR/cluster"
}

@test "four nodes: the MPI job is right by mpirun and by srun, and EC2 has nothing left" {
	run rehearse --nodes 4
	echo "$output"
	[ "$status" = 0 ]
	[ "$(grep -c '^allreduce: 8 ranks on 4 nodes: right' <<<"$output")" = 2 ]
	[[ $output == *$'\n  JobState=COMPLETED\n'* ]]
	[[ $output == *"AdminComment=burst: 4 x hpc7a.96xlarge on-demand us-east-2"*", EFA, placement group burst-rehearsal-"* ]]
	[[ $output == *"4 instances were launched, 4 of them are terminated"* ]]
	[[ $output == *"asked now, EC2 has no instance and no placement group left"* ]]
	[[ $output == *"== All as it should be"* ]]
	steps 'submitted as job 1' 'intent recorded' 'placement group burst-rehearsal-1-' 'fleet: 4 asked, 4 came' \
		'bound: 4 x hpc7a.96xlarge' 'booted: slurmd of all 4' 'running' 'done, exit status 0' \
		'terminate: 4 instances' 'terminated: all 4' 'placement group deleted'
	none_left
}

@test "a second time, with a script of one's own; kept, entered and stopped" {
	printf '%s\n' '#!/bin/bash' '#SBATCH --efa=required --burst-cost=30/h' 'srun hostname | sort' \
		>"$BATS_TEST_TMPDIR/mine.sh"
	run rehearse --nodes 2 --script "$BATS_TEST_TMPDIR/mine.sh" --keep
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *$'\naws-hpc-0\naws-hpc-1\n'* ]]
	[[ $output == *"2 instances were launched, 2 of them are terminated"* ]]
	[[ $output == *"cluster stop $RUN_DIR/cluster"* ]]
	run -0 "$REHEARSAL/cluster" exec "$RUN_DIR/cluster" -u researcher squeue -h
	[ -z "$output" ]
	"$REHEARSAL/cluster" stop "$RUN_DIR/cluster"
	none_left
}

@test "a job that fails makes the rehearsal fail, and leaves nothing" {
	printf '%s\n' '#!/bin/bash' 'echo so far; exit 3' >"$BATS_TEST_TMPDIR/bad.sh"
	run rehearse --nodes 1 --script "$BATS_TEST_TMPDIR/bad.sh"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"done, exit status 3"* ]]
	[[ $output == *"rehearsal: the job is FAILED, not COMPLETED"* ]]
	[[ $output == *"rehearsal: FAILED; logs lie in $RUN_DIR/cluster/log"* ]]
	[[ $output != *"All as it should be"* ]]
	none_left
}

@test "a job that the plugin refuses makes the rehearsal fail" {
	printf '%s\n' '#!/bin/bash' '#SBATCH --efa=always' 'true' >"$BATS_TEST_TMPDIR/refused.sh"
	run rehearse --script "$BATS_TEST_TMPDIR/refused.sh"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"burst: --efa: \"always\""* ]]
	[[ $output == *"rehearsal: sbatch refused the job"* ]]
	none_left
}

@test "killed by kill -9 it leaves no process" {
	"$REHEARSAL/run" --prefix "$BURST_PREFIX" --dir "$RUN_DIR" --nodes 2 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	pid=$!
	wait_for "grep -q 'instances running' '$BATS_TEST_TMPDIR/out'" 60
	kill -KILL "$pid"
	wait_for none_left 20
}
