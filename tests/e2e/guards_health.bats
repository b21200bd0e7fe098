#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Guards: instances that are stopped, fail their status checks, or are to be retired (doc/guards.md).

# wait_for evaluates its text later
# shellcheck disable=SC2016

load guards

@test "an instance that somebody stopped: its gang goes down, the job back, and it is ended" {
	job=$(submit -N 2 -t 5 --wrap 'sleep 600')
	up "$job"
	id=$(of "$job" 0 id) node=$(of "$job" 0 node)
	trouble stop "$id"
	run -0 --separate-stderr helper reconcile
	[[ $output == *"instance-stopped instance $id: "*"it "*" stopped (Client.UserInitiatedShutdown"*"): its job cannot go on there"* ]]
	told instance-stopped | grep -q "|$id|"
	wait_for "was_told $job 'burst: node $node (instance $id): it * stopped*: its job cannot go on there; *tried again not before *'" 30
	wait_for "[ -z \"\$(ec2_objects instance 'select(.id == \"$id\" and .state != \"terminated\" and .state != \"shutting-down\")')\" ]" 60
	# it runs again by itself
	wait_for "[[ \$(job_field $job AdminComment) == 'burst: 2 x '* ]]" 90
}

@test "an instance that somebody stopped, of a gang whose nodes are handed on: the others' jobs go on" {
	hand_on
	job=$(submit -N 3 -t 5 --wrap true)
	wait_for "job_is $job COMPLETED" 90
	second=$(submit -N 1 -t 5 --wrap 'sleep 600')
	wait_for "job_is $second RUNNING" 90
	id=$(helper status --json | jq -r ".gangs[-1].instances[] | select(.node != \"$(job_field "$second" NodeList)\") | .id" | head -n 1)
	trouble stop "$id"
	run -0 --separate-stderr helper reconcile
	[[ $output == *"instance-stopped instance $id: "* ]]
	wait_for '[ "$(live_count)" -eq 2 ]' 60
	sleep 2
	[ "$(live_count)" -eq 2 ]
	job_is "$second" RUNNING
	in_cluster scancel "$second"
	in_cluster scontrol update nodename='aws-hpc-[0-7]' state=POWER_DOWN_FORCE
}

@test "impaired status checks: the node is not given to another job, and its own goes on" {
	job=$(submit -N 2 -t 5 --wrap 'sleep 600')
	wait_for "job_is $job RUNNING" 90
	id=$(of "$job" 1 id) node=$(of "$job" 1 node)
	trouble impair check=system "$id"
	run -0 --separate-stderr helper reconcile
	[[ $output == "instance-impaired instance $id: node $node goes when its job has ended: EC2's check of its host has failed since "* ]]
	[[ $(node_field "$node" Reason) == "burst: instance $id: EC2's check of its host has failed since "* ]]
	[[ $(job_field "$job" AdminComment) == "burst: node $node (instance $id) may fail: EC2's check of its host has failed since "* ]]
	[ "$(told instance-impaired | wc -l)" -eq 1 ]
	# once is enough
	agree
	[ "$(told instance-impaired | wc -l)" -eq 1 ]
	job_is "$job" RUNNING
	# it goes as every gang does, and the node comes clean
	in_cluster scancel "$job"
	wait_for settled 90
	[[ $(node_field "$node" Reason) != *"$id"* ]]
}

@test "impaired status checks, requeue: the instance counts as lost" {
	configure on_impaired '"requeue"'
	job=$(submit -N 2 -t 5 --wrap 'sleep 600')
	up "$job"
	id=$(of "$job" 1 id) node=$(of "$job" 1 node)
	trouble impair check=both "$id"
	run -0 --separate-stderr helper reconcile
	[[ $output == *"instance-impaired instance $id: "*"EC2's checks of the instance and of its host have failed since "* ]]
	wait_for "was_told $job \"burst: node $node (instance $id): EC2's checks of *tried again not before *\"" 30
	wait_for "[[ \$(job_field $job AdminComment) == 'burst: 2 x '* ]]" 90
}

@test "impaired status checks, log: an alarm, and no more" {
	configure on_impaired '"log"'
	job=$(submit -N 1 -t 5 --wrap 'sleep 600')
	up "$job"
	id=$(of "$job" 0 id) node=$(of "$job" 0 node)
	trouble impair check=instance "$id"
	agree
	told instance-impaired | grep -q "|$id|EC2's check of the instance has failed since "
	[[ $(node_field "$node" Reason) != *"$id"* ]]
}

@test "a scheduled retirement: the node is not given to another job; a person's own drain is left alone" {
	job=$(submit -N 2 -t 5 --wrap 'sleep 600')
	up "$job"
	id=$(of "$job" 0 id) node=$(of "$job" 0 node) other=$(of "$job" 1 id) theirs=$(of "$job" 1 node)
	in_cluster scontrol update nodename="$theirs" state=DRAIN reason='looked at by ann'
	trouble schedule code=instance-retirement "$id" "$other"
	run -0 --separate-stderr helper reconcile
	[[ $output == *"instance-retiring instance $id: node $node goes when its job has ended: AWS will end it, since its host is to be retired, after "*" (instance-retirement)"* ]]
	[[ $output == *"left-alone instance $other: AWS will end it, since its host is to be retired, after "* ]]
	[[ $(node_field "$node" Reason) == "burst: instance $id: AWS will end it, since its host is to be retired, after "* ]]
	[[ $(node_field "$theirs" Reason) == 'looked at by ann '* ]]
	[ "$(live_count)" -eq 2 ]
}
