#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 5
#
# slurmctld dies and is started again, and EC2 is out of reach for a minute, at every stage of a gang's life.

load cluster
load gang
load crash

# shellcheck disable=SC2016 # wait_for evaluates its argument

setup_file() {
	cluster_start --nodes 12 --conf '{"slurm": {"requeue_delay_s": 5}, "reconcile": {"grace_s": 5}, "aws": {"throttle_wait_s": 3}}'
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
}

teardown() {
	faults '[]'
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	wait_for settled 90
}

daemon() {
	"$REHEARSAL/cluster" daemon "$BURST_DIR" "$@"
}

# over JOB: it is done, and nothing is left of it after one reconcile
over() {
	wait_for "job_is $1 COMPLETED" 240
	agree
}

held() { # ACTION: the next one's answer is held for four seconds
	faults "[{\"action\": \"$1\", \"call\": 1, \"delay_ms\": 4000}]"
}

asked() { # ACTION N: the simulator has been asked more than N times
	(($(journal "select(.action == \"$1\")" | wc -l) > $2))
}

# bounce: slurmctld dies by kill -9, and is back after SECONDS
bounce() {
	daemon slurmctld kill
	sleep "$1"
	daemon slurmctld start
}

@test "slurmctld dies while EC2 launches" {
	before=$(request_count CreateFleet)
	held CreateFleet
	job=$(submit -N 2 -t 5 --efa=required --wrap 'srun true')
	wait_for "grep -q 'job=$job .*try 1: ' '$BURST_LOG'" 60
	bounce 6
	over "$job"
	[ "$(request_count CreateFleet)" -gt "$before" ]
}

@test "slurmctld dies while the nodes boot" {
	job=$(submit -N 2 -t 5 --efa=required --wrap 'srun true')
	wait_for "grep -q 'job=$job .*nodes told to Slurm' '$BURST_LOG'" 60
	bounce 3
	over "$job"
}

@test "slurmctld dies while the job runs" {
	job=$(submit -N 2 -t 5 --efa=required --wrap 'srun sleep 12')
	wait_for "job_is $job RUNNING" 90
	bounce 3
	over "$job"
	[ "$(job_field "$job" Restarts)" = 0 ]
}

@test "slurmctld dies while the instances are being ended" {
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	held TerminateInstances
	wait_for "job_is $job COMPLETED" 120
	wait_for "grep -q 'suspend.*called for' '$BURST_LOG'" 60
	bounce 6
	over "$job"
}

# unreachable SECONDS: EC2 takes connections and answers nothing
unreachable() {
	local pid
	pid=$(in_cluster pgrep -f 'ec2sim.*--listen' | head -n 1)
	in_cluster kill -STOP "$pid"
	sleep "$1"
	in_cluster kill -CONT "$pid"
}

@test "EC2 is out of reach for a minute while a job waits for its nodes" {
	job=$(submit -N 2 -t 5 --efa=required --wrap 'srun true')
	wait_for "grep -q 'job=$job .*plan: ' '$BURST_LOG'" 60
	unreachable 60
	over "$job"
}

@test "EC2 is out of reach for a minute while the instances are being ended" {
	job=$(submit -N 2 -t 5 --efa=required --wrap 'srun true')
	wait_for "job_is $job COMPLETED" 120
	unreachable 60
	over "$job"
}
