# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the files about guards share: a cluster of at most four nodes, and a program for alarms.

load cluster
load gang

ALLOWED_ERRORS+='
Nodes [^ ]+ not responding
node [^ ]+ not resumed by ResumeTimeout
power_save: program (exit status of|signaled: Killed)
slurm_receive_msgs: \[\(null\)\] failed: Connection reset by peer'

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
	# a job that does not end is missed soon; SlurmdTimeout would end it otherwise
	cluster_start --nodes 8 --slurm ResumeTimeout=25 --slurm KillWait=1 --slurm SlurmdTimeout=600 --conf '{
		"slurm": {"requeue_delay_s": 3, "max_attempts": 2},
		"reconcile": {"name_tags": false},
		"guards": {"max_nodes": 4, "impaired_s": 0, "overdue_grace_s": 1, "not_registered_s": 30,
			"on_impaired": "drain", "on_retiring": "drain"},
		"alarm": {"command": "'"$BATS_FILE_TMPDIR/alarm"'", "repeat_s": 0}}'
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
	: >"$ALARMS/told"
	chmod 666 "$ALARMS/told"
}

teardown() {
	faults '[]'
	[[ ! -e $BATS_TEST_TMPDIR/conf ]] || put_back "$BATS_TEST_TMPDIR/conf" "$BURST_CONF"
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	wait_for settled 90
}

# told WHAT: the alarm program's lines of it
told() {
	grep -E "^[^|]*\|$1\|" "$ALARMS/told"
}

# trouble ACTION [KEY=VALUE...] ID...: to instances, by somebody else (contrib/ec2sim/README.md)
trouble() {
	in_cluster "$BURST_SOURCE/contrib/ec2sim/ec2sim-control" "$BURST_DIR/ec2sim" "$@" >/dev/null
}

# configure KEY VALUE: another value for the rest of the test, of a section's own key: node groups have a max_nodes, too
configure() {
	[[ -e $BATS_TEST_TMPDIR/conf ]] || cp "$BURST_CONF" "$BATS_TEST_TMPDIR/conf"
	sed -i "s/^\(  $1\): .*/\1: $2/" "$BURST_CONF"
	grep -q "^  $1: $2\$" "$BURST_CONF"
}

# hand_on: for the rest of the test nodes go from job to job, and stay for SuspendTime
hand_on() {
	cp "$BURST_CONF" "$BATS_TEST_TMPDIR/conf"
	sed -i 's/^\( *\)\(- \)\?node_group_name: .*/&\n\1  reuse: true/' "$BURST_CONF"
}

# gang_state JOB: of the job's last gang
gang_state() {
	helper status --all --json | jq -r "[.gangs[] | select(.job == \"$1\")] | last | .state"
}

# of JOB K FIELD: the K-th instance of the job's last gang: its id or its node
of() {
	helper status --json | jq -r "[.gangs[] | select(.job == \"$1\")] | last | [.instances[] | select(.state == \"running\")] | sort_by(.node) | .[$2].$3"
}

# up JOB: all of its nodes are there; what Slurm makes of that may take it half a minute
up() {
	wait_for "[ \"\$(gang_state $1)\" = active ]" 90
}

# agree: reconcile finds nothing to be done
agree() {
	run -0 --separate-stderr helper reconcile
	# shellcheck disable=SC2154 # run sets it
	[ "$output" = 'EC2, Slurm and state.db agree' ]
}
