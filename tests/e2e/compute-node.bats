#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# contrib/compute-node on simulated instances: launched, tagged and announced by hand, so that
# nothing of the helper is needed.

load cluster

setup_file() {
	# Slurm alone: with the helper there would be instances beside ours
	unset BURST_PREFIX BURST_BUILD
	cluster_start --nodes 12
}

teardown_file() {
	# nothing here ends instances but we
	local ids
	ids=$(live_instances | jq -Rc '[inputs]' -n)
	[ "$ids" = '[]' ] || ec2 terminate_instances "{\"InstanceIds\": $ids}" >/dev/null
	LEFT_S=5 cluster_stop
}

teardown() {
	cluster_teardown
}

# launch COUNT TAGS(JSON object) [METADATA(JSON)]: prints the ids of new instances
launch() {
	# shellcheck disable=SC2016 # EC2's word, not ours
	local version='"$Default"'
	if [ -n "${3:-}" ]; then
		version=$(ec2 create_launch_template_version "{\"LaunchTemplateName\": \"burst-lt\",
			\"SourceVersion\": \"1\", \"LaunchTemplateData\": {\"MetadataOptions\": $3}}" |
			jq '.LaunchTemplateVersion.VersionNumber | tostring')
	fi
	jq -cn --argjson n "$1" --argjson tags "$2" --argjson version "$version" '{
		Type: "instant",
		TargetCapacitySpecification: {TotalTargetCapacity: $n, DefaultTargetCapacityType: "on-demand"},
		LaunchTemplateConfigs: [{
			LaunchTemplateSpecification: {LaunchTemplateName: "burst-lt", Version: $version},
			Overrides: [{InstanceType: "c7i.48xlarge", SubnetId: "subnet-0aaaaaaaaaaaaaaa1"}]}],
		TagSpecifications: [{ResourceType: "instance",
			Tags: [$tags | to_entries[] | {Key: .key, Value: .value}]}]}' >"$BATS_TEST_TMPDIR/fleet"
	ec2 create_fleet "$(cat "$BATS_TEST_TMPDIR/fleet")" | jq -r '.Instances[].InstanceIds[]'
}

# mark K ID...: set the tag burst:k<K>
mark() {
	local k=$1 ids
	shift
	ids=$(printf '%s\n' "$@" | jq -Rnc '[inputs]')
	ec2 create_tags "{\"Resources\": $ids, \"Tags\": [{\"Key\": \"burst:k$k\", \"Value\": \"\"}]}" >/dev/null
}

# address_of ID
address_of() {
	ec2_objects instance "select(.id == \"$1\") | .address" | jq -r .
}

# announce NODE ID: what the helper tells slurmctld
announce() {
	in_cluster scontrol update nodename="$1" nodeaddr="$(address_of "$2")"
}

console() {
	cat "$BURST_CONSOLES/$1.log"
}

says() {
	console "$1" | grep -F "$2"
}

# power_up HOSTLIST: slurmctld expects these nodes, the ResumeProgram does nothing
power_up() {
	in_cluster scontrol update nodename="$1" state=power_up
	wait_for "node_is ${1/\[*/}${2:-} POWERING_UP" 20
}

is_up() {
	! node_is "$1" POWERING_UP && ! node_is "$1" POWERED_DOWN && node_is "$1" IDLE
}

# on NODE COMMAND...: as root on a node that is up
on() {
	local node=$1
	shift
	in_cluster srun -Q -w "$node" -N1 -n1 --chdir=/ "$@"
}

@test "four instances of a launch become the four nodes of its list, by position" {
	power_up 'aws-hpc-[0-3]' 0
	mapfile -t id < <(launch 4 '{"burst:nodes": "aws-hpc-[0-3]"}')
	[ "${#id[@]}" = 4 ]
	# positions 0 to 3 of four: {0,1} {0,2} {1,2} {0,3}
	mark 0 "${id[0]}" "${id[1]}" "${id[3]}"
	mark 1 "${id[0]}" "${id[2]}"
	mark 2 "${id[1]}" "${id[2]}"
	mark 3 "${id[3]}"
	for i in 0 1 2 3; do announce "aws-hpc-$i" "${id[i]}"; done
	for i in 0 1 2 3; do
		wait_for "is_up aws-hpc-$i" 30
		says "${id[i]}" "this instance, $(address_of "${id[i]}"), is aws-hpc-$i"
	done
}

@test "the host name is the node's" {
	run -0 on aws-hpc-2 hostname
	[ "$output" = aws-hpc-2 ]
}

@test "an instance waits for a tag that is late" {
	power_up 'aws-hpc-4'
	power_up 'aws-hpc-5'
	mapfile -t id < <(launch 2 '{"burst:nodes": "aws-hpc-[4-5]"}')
	announce aws-hpc-4 "${id[0]}"
	announce aws-hpc-5 "${id[1]}"
	for i in 0 1; do
		wait_for "says ${id[i]} 'the tags burst:k of the position among the 2 nodes of aws-hpc-[4-5]; so far: none'" 20
	done
	mark 0 "${id[0]}"
	wait_for 'is_up aws-hpc-4' 30
	run -1 is_up aws-hpc-5
	mark 1 "${id[1]}"
	wait_for 'is_up aws-hpc-5' 30
}

@test "a long list comes in pieces" {
	power_up 'aws-hpc-6'
	# one node: its position needs no tag
	mapfile -t id < <(launch 1 '{"burst:nodes": "aws-h", "burst:nodes2": "pc-", "burst:nodes3": "6"}')
	announce aws-hpc-6 "${id[0]}"
	wait_for 'is_up aws-hpc-6' 30
}

@test "without burst:nodes the tag Name is the node" {
	power_up 'aws-hpc-7'
	mapfile -t id < <(launch 1 '{"Name": "aws-hpc-7"}')
	announce aws-hpc-7 "${id[0]}"
	wait_for 'is_up aws-hpc-7' 30
}

@test "an instance that slurmctld does not know by its address never starts slurmd, and gives up" {
	echo 'BURST_TIMEOUT_S=3' >"$BURST_DIR/etc/burst-node"
	mapfile -t id < <(launch 1 '{"Name": "aws-hpc-7"}')
	wait_for "says ${id[0]} 'gave up after'" 30
	echo 'BURST_TIMEOUT_S=300' >"$BURST_DIR/etc/burst-node"
	says "${id[0]}" "slurmctld must say that aws-hpc-7 has the address $(address_of "${id[0]}"); it says $(node_field aws-hpc-7 NodeAddr)"
	run -1 says "${id[0]}" 'starting slurmd'
	wait_for "console ${id[0]} | grep -E 'ended with status 256'" 5
	is_up aws-hpc-7
}

@test "a tag Name that is no name of a node is no argument of anything" {
	echo 'BURST_TIMEOUT_S=2' >"$BURST_DIR/etc/burst-node"
	mapfile -t id < <(launch 1 '{"Name": "--help me"}')
	wait_for "says ${id[0]} 'gave up after'" 30
	echo 'BURST_TIMEOUT_S=300' >"$BURST_DIR/etc/burst-node"
	says "${id[0]}" 'the tag Name is not the name of a node'
}

@test "an instance whose metadata has no tags says what is missing" {
	echo 'BURST_TIMEOUT_S=2' >"$BURST_DIR/etc/burst-node"
	mapfile -t id < <(launch 1 '{"Name": "aws-hpc-8"}' '{"InstanceMetadataTags": "disabled", "HttpTokens": "required"}')
	wait_for "says ${id[0]} 'gave up after'" 30
	echo 'BURST_TIMEOUT_S=300' >"$BURST_DIR/etc/burst-node"
	says "${id[0]}" 'IMDS shows no tags of this instance (InstanceMetadataTags=enabled in the launch template?)'
}

@test "a job's nodes have names in /etc/hosts before it starts, and nothing else is touched" {
	job=$(submit -N4 -w 'aws-hpc-[0-3]' --wrap 'srun -N4 -n4 --label cat /etc/hosts')
	wait_for "job_is $job COMPLETED" 60
	job_output "$job"
	for node in 0 1 2 3; do
		for other in 0 1 2 3; do
			job_output "$job" | grep -xF "$node: $(node_field "aws-hpc-$other" NodeAddr) aws-hpc-$other"
		done
		job_output "$job" | grep -xF "$node: 127.0.0.1 localhost"
		[ "$(job_output "$job" | grep -cE "^$node: # burst-hosts ")" = 2 ]
	done
	# nodes without an instance have no name there
	run -1 grep -E '127.0.0.254|aws-hpc-9' <(job_output "$job")
}

@test "burst-hosts again changes nothing, the file stays the same file, and --remove takes the block out" {
	cat >"$BURST_HOME/again.sh" <<-END
	set -e
	hosts="$BURST_SOURCE/contrib/compute-node/burst-hosts"
	sum() { stat -c '%i %s %Y' /etc/hosts; md5sum </etc/hosts; }
	before=\$(sum)
	\$hosts
	[ "\$before" = "\$(sum)" ] && echo unchanged
	inode=\$(stat -c %i /etc/hosts)
	\$hosts --remove
	grep -c burst-hosts /etc/hosts || :
	cat /etc/hosts
	\$hosts
	[ "\$inode" = "\$(stat -c %i /etc/hosts)" ] && echo same file
	grep aws-hpc /etc/hosts
	END
	run -0 on aws-hpc-0 bash "$BURST_HOME/again.sh"
	echo "$output"
	[ "${lines[0]}" = unchanged ]
	[ "${lines[1]}" = 0 ]
	[ "${lines[2]}" = '127.0.0.1 localhost' ]
	[[ $output == *"same file"*" aws-hpc-0"* ]]
}

@test "burst-hosts at once from many writers leaves one whole block" {
	cat >"$BURST_HOME/many.sh" <<-END
	for i in 1 2 3 4 5 6 7 8; do
		SLURM_JOB_NODELIST=aws-hpc-[0-\$((i % 4))] "$BURST_SOURCE/contrib/compute-node/burst-hosts" &
	done
	wait
	cat /etc/hosts
	END
	run -0 on aws-hpc-1 bash "$BURST_HOME/many.sh"
	echo "$output"
	[ "$(grep -c '^# burst-hosts begin' <<<"$output")" = 1 ]
	[ "$(grep -c '^# burst-hosts end$' <<<"$output")" = 1 ]
	# all four are up, so those of the other writers stay
	[ "$(grep -c ' aws-hpc-[0-3]$' <<<"$output")" = 4 ]
	[ "${lines[0]}" = '127.0.0.1 localhost' ]
}

@test "burst-hosts without a job or slurmctld says so and fails no job" {
	cat >"$BURST_HOME/none.sh" <<-END
	hosts="$BURST_SOURCE/contrib/compute-node/burst-hosts"
	env -u SLURM_JOB_NODELIST -u SLURM_JOB_ID \$hosts 2>&1; echo "status \$?"
	\$hosts --remove
	SLURM_JOB_NODELIST=aws-hpc-11 \$hosts 2>&1; echo "status \$?"
	\$hosts --what 2>&1; echo "status \$?"
	END
	run -0 on aws-hpc-6 bash "$BURST_HOME/none.sh"
	echo "$output"
	[ "${lines[0]}" = "burst-hosts: SLURM_JOB_NODELIST is not set: run as slurmd's Prolog" ]
	[ "${lines[1]}" = 'status 2' ]
	[[ ${lines[2]} = "burst-hosts: job "*": slurmctld gave no address of aws-hpc-11; /etc/hosts left as it is" ]]
	[ "${lines[3]}" = 'status 0' ]
	[ "${lines[4]}" = 'burst-hosts: usage: burst-hosts [--remove]' ]
}

@test "burst-hosts neither trusts names in /tmp nor waits for a user's lock" {
	cat >"$BURST_HOME/hostile.sh" <<-END
	hosts="$BURST_SOURCE/contrib/compute-node/burst-hosts"
	setpriv --reuid=60001 --regid=60001 --clear-groups flock /etc/hosts sleep 30 &
	until ! flock -n /etc/hosts true; do sleep 0.1; done
	export SLURM_JOB_NODELIST=aws-hpc-[0-2]
	timeout 15 strace -f -s 256 -e trace=openat,open,creat -o /run/trace "\$hosts"
	echo "status \$?"
	# whatever is made in /tmp itself is made new
	grep -E '"/tmp/[^/"]+", .*O_CREAT' /run/trace | grep -v O_EXCL
	echo end
	kill %1
	END
	run -0 on aws-hpc-2 bash "$BURST_HOME/hostile.sh"
	echo "$output"
	[ "${lines[0]}" = 'status 0' ]
	[ "${lines[1]}" = end ]
}

@test "burst-hosts does not take the nodes of a job from the user's own words" {
	job=$(submit -N1 -w aws-hpc-0 -J 'x NodeList=aws-hpc-3 y' --comment 'x NodeList=aws-hpc-3 y' --wrap 'sleep 60')
	wait_for "job_is $job RUNNING" 60
	cat >"$BURST_HOME/words.sh" <<-END
	hosts="$BURST_SOURCE/contrib/compute-node/burst-hosts"
	\$hosts --remove
	env -u SLURM_JOB_NODELIST SLURM_JOB_ID=$job \$hosts
	grep aws-hpc /etc/hosts
	END
	run -0 on aws-hpc-1 bash "$BURST_HOME/words.sh"
	in_cluster scancel "$job"
	echo "$output"
	[ "${#lines[@]}" = 1 ]
	[[ ${lines[0]} = *" aws-hpc-0" ]]
}

@test "burst-hosts fails no job where the file is missing" {
	cat >"$BURST_HOME/missing.sh" <<-END
	echo BURST_HOSTS=/nonexistent >/run/defaults
	BURST_DEFAULTS=/run/defaults SLURM_JOB_NODELIST=aws-hpc-0 \
		"$BURST_SOURCE/contrib/compute-node/burst-hosts" 2>&1
	echo "status \$?"
	END
	run -0 on aws-hpc-1 bash "$BURST_HOME/missing.sh"
	echo "$output"
	[ "${lines[0]}" = 'burst-hosts: /nonexistent or its lock in /run cannot be opened; left as it is' ]
	[ "${lines[1]}" = 'status 0' ]
}

@test "mpirun and srun --mpi=pmix over four nodes" {
	cp "$REHEARSAL/allreduce.c" "$BURST_HOME/"
	job=$(submit_script -N4 --ntasks-per-node=2 -w 'aws-hpc-[0-3]' <<-'END'
	#!/bin/bash
	set -e
	mpicc -O2 -o allreduce allreduce.c
	mpirun ./allreduce
	srun --mpi=pmix ./allreduce
	END
	)
	wait_for "job_is $job COMPLETED" 60
	job_output "$job"
	[ "$(job_output "$job" | grep -c '^allreduce: 8 ranks on 4 nodes: right')" = 2 ]
}
