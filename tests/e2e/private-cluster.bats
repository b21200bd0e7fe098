#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# contrib/rehearsal/cluster itself: private, side by side, gone without a trace. Slurm alone.

load cluster

setup() {
	open_tmp
	one=$BATS_TEST_TMPDIR/one two=$BATS_TEST_TMPDIR/two
}

teardown() {
	local dir
	for dir in "$one" "$two"; do
		[ ! -e "$dir/run/holder.pid" ] || cluster stop "$dir"
	done
}

cluster() {
	"$REHEARSAL/cluster" "$@"
}

none_left() {
	! grep -lF "$1" /proc/[0-9]*/cmdline 2>/dev/null
}

@test "two at once do not see each other" {
	cluster start "$one" --nodes 3
	cluster start "$two" --nodes 5
	[ "$(cluster exec "$one" sinfo -h -o %D)" = 3 ]
	[ "$(cluster exec "$two" sinfo -h -o %D)" = 5 ]
	cluster exec "$one" -u researcher sbatch --wrap true
	[ "$(cluster exec "$one" squeue -h | wc -l)" = 1 ]
	[ "$(cluster exec "$two" squeue -h | wc -l)" = 0 ]
	# a munge credential of the one is nothing to the other
	cluster exec "$one" munge -n >"$BATS_TEST_TMPDIR/credential"
	cluster exec "$one" unmunge <"$BATS_TEST_TMPDIR/credential"
	run ! cluster exec "$two" unmunge <"$BATS_TEST_TMPDIR/credential"
	cluster stop "$one"
	[ "$(cluster exec "$two" sinfo -h -o %D)" = 5 ]
	cluster stop "$two"
	none_left "$BATS_TEST_TMPDIR"
}

@test "the machine's own files are not touched" {
	before=$(md5sum /etc/passwd /etc/group /etc/hosts; ls -la /etc/slurm /etc/munge /run /var/lib /var/spool /var/log; ip -o link)
	cluster start "$one"
	cluster exec "$one" id researcher
	run -1 id researcher
	cluster stop "$one"
	[ "$before" = "$(md5sum /etc/passwd /etc/group /etc/hosts; ls -la /etc/slurm /etc/munge /run /var/lib /var/spool /var/log; ip -o link)" ]
}

@test "kill -9 of the process that holds it ends all of it" {
	cluster start "$one"
	kill -KILL "$(cat "$one/run/holder.pid")"
	wait_for "none_left $one" 10
	# and it can be started again in the same place, fresh
	cluster start "$one"
	[ "$(cluster exec "$one" -u researcher sbatch --parsable --wrap true)" = 1 ]
	cluster stop "$one"
}

@test "it goes with its owner" {
	sleep 600 3>&- &
	owner=$!
	cluster start "$one" --owner "$owner"
	cluster exec "$one" scontrol ping
	kill -KILL "$owner"
	wait_for "none_left $one" 10
}

@test "daemons can be stopped, killed and started; slurmctld keeps its jobs" {
	cluster start "$one"
	cluster exec "$one" -u researcher sbatch --hold --wrap true
	cluster daemon "$one" slurmctld stop
	run -1 cluster exec "$one" scontrol ping
	cluster daemon "$one" slurmctld start
	[ "$(cluster exec "$one" squeue -h -o %i)" = 1 ]
	cluster daemon "$one" slurmctld kill
	cluster daemon "$one" slurmctld start
	[ "$(cluster exec "$one" squeue -h -o %i)" = 1 ]
	cluster daemon "$one" ec2sim restart
	cluster left "$one"
	run -1 cluster daemon "$one" ec2sim start
	[ "$output" = 'cluster: ec2sim runs already' ]
}

@test "options are laid over what is generated" {
	cluster start "$one" --nodes 4 --slurm SuspendTime=77 --slurm 'NodeName=extra State=FUTURE' \
		--conf '{"mpi": {"efa_default": "disabled"}, "slurm": {"partitions": [{"partition_name": "gpu",
			"partition_options": {"Default": "YES", "MaxTime": "5:00"},
			"node_groups": [{"node_group_name": "a", "max_nodes": 2, "slurm_specifications": {"CPUs": "2"}},
				{"node_group_name": "b", "max_nodes": 3, "slurm_specifications": {"Weight": "9"}}]}]}}' \
		--scenario '{"timings": {"pending_ms": 100}, "regions": {"us-west-2": {}}}' --boot none
	[ "$(grep -c '^SuspendTime=' "$one/etc/slurm/slurm.conf")" = 1 ]
	cluster exec "$one" scontrol show config | grep -E '^SuspendTime +' | grep ' 77 sec'
	[ "$(cluster exec "$one" sinfo -h -o '%P %D %l')" = 'gpu* 5 5:00' ]
	grep -x '  efa_default: "disabled"' "$one/etc/slurm/aws-burst.yaml"
	grep -x '  placement_group_threshold: 2' "$one/etc/slurm/aws-burst.yaml"
	grep -x '        - node_group_name: "b"' "$one/etc/slurm/aws-burst.yaml"
	[ "$(jq .timings.pending_ms "$one/scenario.json")" = 100 ]
	[ "$(jq -r '.regions["us-west-2"].launch_templates[].name' "$one/scenario.json")" = burst-lt ]
	[ "$(cluster exec "$one" scontrol -o show node gpu-b-2 | grep -c 'NodeAddr=127.0.0.254')" = 1 ]
}

@test "instances without machines, in two regions: what is left is told of both" {
	cluster start "$one" --boot none --scenario '{"regions": {"us-west-2": {"launch_templates": []}}, "throttling": false,
		"subnets": [{"id": "subnet-1", "az": "us-east-2a", "cidr": "10.64.0.0/16"}]}'
	cluster ec2 "$one" create_fleet '{"Type": "instant", "LaunchTemplateConfigs": [{"LaunchTemplateSpecification":
		{"LaunchTemplateName": "burst-lt", "Version": "1"}, "Overrides": [{"SubnetId": "subnet-1"}]}],
		"TargetCapacitySpecification": {"TotalTargetCapacity": 1000, "DefaultTargetCapacityType": "on-demand"}}' >/dev/null
	all_run() { [ "$(cluster left "$one" | grep -c "^instance .* hpc7a.96xlarge running$")" = 1000 ]; }
	wait_for all_run 60
	cluster exec "$one" env AWS_REGION=us-west-2 AWS_ENDPOINT_URL_EC2=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=AKIAREHEARSAL0000002 \
		AWS_SECRET_ACCESS_KEY=rehearsal-only-secret-key-0000000000001 /usr/bin/python3 \
		"$BATS_TEST_DIRNAME/../../contrib/rehearsal/ec2-call" create_placement_group '{"GroupName": "g", "Strategy": "cluster"}'
	run -1 cluster left "$one"
	[[ ${lines[1000]} == 'placement group g '*' in us-west-2' ]]
	cluster exec "$one" scontrol ping | grep 'is UP'
}

@test "what cannot be is refused with its reason" {
	mkdir "$one"
	: >"$one/precious"
	run -1 cluster start "$one"
	[ "$output" = "cluster: $one: not empty and no cluster's directory" ]
	[ -e "$one/precious" ]
	rm "$one/precious"
	chmod 700 "$BATS_TEST_TMPDIR"
	run -1 cluster start "$one"
	[ "$output" = "cluster: $one: $BATS_TEST_TMPDIR is closed to others; slurm and the user must get through (chmod o+x)" ]
	chmod 755 "$BATS_TEST_TMPDIR"
	run -1 cluster start "$one" --nodes none
	[ "$output" = 'cluster: --nodes none: expected a number' ]
	run -1 cluster start "$one" --boot yes
	[ "$output" = 'cluster: --boot yes: expected netns or none' ]
	run -1 cluster start "$one" --prefix /usr/share/man
	[[ $output == 'cluster: /usr/share/man: no aws-slurm-burst-'* ]]
	run -1 cluster exec "$two" true
	[ "$output" = "cluster: $two: no cluster is running here" ]
	run -2 cluster start "$one" --what 1
	run -2 cluster
	[[ $output == *'cluster start DIR [options]'* ]]
}
