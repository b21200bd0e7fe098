#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Two clusters in one account, with equal node names: neither touches what is the other's.

# shellcheck disable=SC2016,SC2154 # wait_for evaluates its argument; run sets output and stderr

load cluster
load gang
load reconcile

# The second has a slurmctld, a state and a configuration of its own, and the first one's EC2.
setup_file() {
	cluster_start --nodes 4 --conf '{"reconcile": {"grace_s": 1}}'
	[[ -n ${BURST_PREFIX:-} ]] || return 0
	export SECOND=$BATS_FILE_TMPDIR/second
	"$REHEARSAL/cluster" start "$SECOND" --owner $$ --prefix "$BURST_PREFIX" --nodes 4 \
		--conf '{"cluster_name": "second", "aws": {"endpoint_url": "http://127.0.0.1:4577"}, "reconcile": {"grace_s": 1}}'
	"$REHEARSAL/cluster" exec "$BURST_DIR" /usr/bin/python3 "$E2E/relay.py" out "$BATS_FILE_TMPDIR/relay" 127.0.0.1 4566 3>&- &
	"$REHEARSAL/cluster" exec "$SECOND" /usr/bin/python3 "$E2E/relay.py" in "$BATS_FILE_TMPDIR/relay" 127.0.0.1 4577 3>&- &
}

teardown_file() {
	local problem=0
	if [[ -n ${SECOND:-} ]]; then
		second in_cluster scancel --user="$BURST_USER" || :
		wait_for '[ -z "$(of second)" ] && [ -z "$(ec2_objects group .name)" ]' 60 || problem=1
		"$REHEARSAL/cluster" stop "$SECOND" || problem=1
	fi
	cluster_stop || problem=1
	return "$problem"
}

setup() {
	need_helper
}

teardown() {
	faults '[]'
	cluster_teardown
}

# second COMMAND...: in the second cluster, by its names
second() {
	BURST_DIR=$SECOND BURST_HOME=$SECOND/home/$BURST_USER BURST_STATE=$SECOND/lib/aws-slurm-burst "$@"
}

# of CLUSTER: ids of its living instances
of() {
	ec2_objects instance "select(.state == \"pending\" or .state == \"running\") | select(.tags[\"burst:cluster\"] == \"$1\") | .id" | jq -r . | sort
}

@test "two clusters in one account, equal node names: reconcile of one never touches the other's instances, groups or versions" {
	# the second's machines would register with the first one's slurmctld, under names that it has, too
	faults '[{"action": "CreateFleet", "every": true, "boot": "hang"}]'
	theirs=$(second submit -N 2 -t 5 -w 'aws-hpc-[0-1]' --efa=required --wrap true)
	wait_for '[ "$(of second | wc -l)" -eq 2 ]' 60
	wait_for "[ \"\$(second gang_state $theirs)\" = announced ]" 30
	faults '[]'
	job=$(submit -N 2 -t 5 -w 'aws-hpc-[0-1]' --efa=required --wrap 'sleep 300')
	wait_for "[ \"\$(gang_state $job)\" = active ]" 60
	[ "$(of rehearsal | wc -l)" -eq 2 ]
	[ "$(db 'SELECT node FROM instance' | sort | paste -sd' ')" = 'aws-hpc-0 aws-hpc-1' ]
	[ "$(second db 'SELECT node FROM instance' | sort | paste -sd' ')" = 'aws-hpc-0 aws-hpc-1' ]
	mine=$(of rehearsal) others=$(of second)
	groups=$(ec2_objects group .name | sort)
	[ "$(wc -l <<<"$groups")" -eq 2 ]
	versions=$(ec2 describe_launch_template_versions '{"LaunchTemplateName": "burst-lt"}' | jq -c '[.LaunchTemplateVersions[] | .VersionDescription]')
	[[ $versions == *'aws-slurm-burst of rehearsal: '* && $versions == *'aws-slurm-burst of second: '* ]]
	sleep 3

	# both agree with what they see, in any order
	for _ in 1 2; do
		run -0 helper reconcile
		run -0 second helper reconcile
	done
	[ "$output" = "$AGREE" ]
	agreed
	[ "$(of rehearsal)" = "$mine" ]
	[ "$(of second)" = "$others" ]
	[ "$(ec2_objects group .name | sort)" = "$groups" ]
	[ "$(ec2 describe_launch_template_versions '{"LaunchTemplateName": "burst-lt"}' | jq -c '[.LaunchTemplateVersions[] | .VersionDescription]')" = "$versions" ]

	# even one that has forgotten everything: the first's state.db is lost, and made anew
	rm "$BURST_STATE"/state.db*
	run -0 helper reconcile --rebuild
	[ "$(of rehearsal)" = "$mine" ]
	[ "$(of second)" = "$others" ]
	agreed

	# the first one's job goes: its instances with it, the second's stay
	in_cluster scancel "$job"
	wait_for '[ -z "$(of rehearsal)" ]' 60
	wait_for '[ "$(ec2_objects group .name | wc -l)" -eq 1 ]' 60
	run -0 helper reconcile
	[ "$(of second)" = "$others" ]
	[ "$(ec2_objects group .name | wc -l)" -eq 1 ]

	# and the other way round
	second in_cluster scancel "$theirs"
	wait_for '[ -z "$(of second)" ]' 60
	wait_for '[ -z "$(ec2_objects group .name)" ]' 60
	run -0 second helper reconcile
	[ "$output" = "$AGREE" ]
	agreed
}
