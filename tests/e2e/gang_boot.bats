#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Gangs that come at EC2 and never at Slurm, and helpers that die on the way.

# wait_for evaluates its text later
# shellcheck disable=SC2016

load cluster
load gang

# A node that never registers is what this file is about.
ALLOWED_ERRORS+='
Nodes [^ ]+ not responding
node [^ ]+ not resumed by ResumeTimeout
power_save: program (exit status of|signaled: Killed)'

setup_file() {
	# every second instance, by its address, hangs in its boot
	cat >"$BATS_FILE_TMPDIR/half" <<-END
	#!/bin/sh
	case \$(hostname) in *[13579]) exec sleep 100000 ;; esac
	export BURST_DEFAULTS=$BATS_FILE_TMPDIR/cluster/etc/burst-node
	exec $BURST_SOURCE/contrib/compute-node/burst-node
	END
	cluster_start --nodes 4 --slurm ResumeTimeout=20 \
		--conf '{"slurm": {"requeue_delay_s": 3, "max_attempts": 2}}' \
		--scenario "{\"launch_templates\": [{\"name\": \"burst-lt\", \"user_data\": \"$BATS_FILE_TMPDIR/half\", \"data\": {
			\"ImageId\": \"ami-0123456789abcdef0\", \"InstanceType\": \"hpc7a.96xlarge\",
			\"SecurityGroupIds\": [\"sg-0aaaaaaaaaaaaaaa1\"]}}]}"
}

teardown_file() {
	cluster_stop
}

setup() {
	bats_require_minimum_version 1.5.0
	need_helper
}

teardown() {
	faults '[]'
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	wait_for settled 90
}

@test "a node that never registers takes its gang down; the job is told, and held at last" {
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "[[ \$(job_field $job AdminComment) == 'burst: node aws-hpc-'[01]' did not register within 20 s (ResumeTimeout)'* ]]" 120
	wait_for '[ "$(live_count)" -eq 0 ]' 30
	wait_for "job_is $job PENDING" 30
	# its nodes can be had again: neither DOWN nor waiting
	wait_for "[[ \$(job_field $job AdminComment) == *'held after 2 failed starts: scontrol release $job to try again' ]]" 200
	[ "$(requests CreateFleet 'select(.status == 200)' | wc -l)" -eq 2 ]
	[ "$(requests TerminateInstances '.params.InstanceIds[]' | sort -u | wc -l)" -eq 4 ]
	wait_for settled 60
	run -0 helper status --all
	[[ $output == *" failed "*"did not register within 20 s (ResumeTimeout)"* ]]
}

@test "cancelled when one of two nodes is up: neither stays" {
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	# slurmd of one has registered, the other hangs
	wait_for '[ "$(in_cluster scontrol -o show node | grep -c "State=ALLOCATED+CLOUD ")" -eq 1 ]' 30
	in_cluster scancel "$job"
	wait_for settled 60
}

@test "kill -9 of the helper while EC2 launches: the next call finds the instances and ends them" {
	faults '[{"action": "CreateFleet", "every": true, "delay_ms": 4000}]'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for '[ "$(helper status --json | jq -r ".gangs[0].state")" = launching ]' 30
	in_cluster pkill -KILL -f aws-slurm-burst-resume
	faults '[]'
	wait_for '[ "$(live_count)" -eq 2 ]' 30
	# slurmctld gives the nodes up after ResumeTimeout, and its call is the next
	wait_for '[ "$(live_count)" -eq 0 ]' 120
	in_cluster scancel "$job"
	wait_for settled 120
	wait_for '[ "$(helper status --json | jq ".gangs | length")" -eq 0 ]' 30
}
