#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 5
#
# Odd answers of EC2, late ones and none: nothing goes on running that nobody knows of.

# shellcheck disable=SC2016,SC2034 # wait_for evaluates its argument

load cluster
load gang

# a suspend whose TerminateInstances was refused
ALLOWED_ERRORS+='
power_save: program exit status of 1$'

setup_file() {
	cluster_start --nodes 12 --conf '{"slurm": {"requeue_delay_s": 5, "max_attempts": 3}, "aws": {"throttle_wait_s": 3}}'
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
}

teardown() {
	faults '[]'
	partition up
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	wait_for settled 60
}

# adopted JOB: its one launch came, though its answer was lost
adopted() {
	wait_for "job_is $1 COMPLETED" 90
	run -0 job_field "$1" Restarts
	[ "$output" = 0 ]
	grep -q "job=$1 .*the answer to CreateFleet was lost; its 2 instances were found by their tag" "$BURST_LOG"
	[ "$(requests CreateFleet '.params.ClientToken' | sort -u | wc -l)" -eq "$2" ]

}

@test "EC2's answer is lost: its instances are found by their tag, and the job runs on them" {
	faults '[{"action": "CreateFleet", "every": true, "drop": "after"}]'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	adopted "$job" 1
}

@test "EC2's answer is lost, and the retries are throttled: found all the same" {
	before=$(requests CreateFleet '.params.ClientToken' | sort -u | wc -l)
	faults '[{"action": "CreateFleet", "call": 1, "drop": "after"},
		{"action": "CreateFleet", "call": 2, "error": {"code": "RequestLimitExceeded", "message": "Request limit exceeded.", "status": 503}},
		{"action": "CreateFleet", "from": 3, "drop": "before"}]'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	adopted "$job" $((before + 1))
}

@test "EC2's answer is lost, and EC2 cannot be asked for a while" {
	faults '[{"action": "CreateFleet", "every": true, "drop": "after"},
		{"action": "DescribeInstances", "every": true, "error": {"code": "Unavailable", "message": "The server is overloaded.", "status": 503}}]'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for '[ "$(live_count)" -eq 2 ]' 60
	partition down
	wait_for "was_told $job 'burst:*CreateFleet*'" 60
	wait_for "grep -q 'gang=$job-.*DescribeInstances.*Unavailable' '$BURST_LOG' || grep -q 'gang $job-.*DescribeInstances.*Unavailable' '$BURST_LOG'" 60
	[ "$(live_count)" -eq 2 ]
	first=$(live_instances)
	faults '[]'
	partition up
	# by whoever is called next, for this job's next start at the latest
	wait_for '! live_instances | grep -qF "$first"' 90
	wait_for "job_is $job COMPLETED" 240
}

@test "TerminateInstances fails for a while: asked again until nothing runs" {
	faults '[{"action": "TerminateInstances", "every": true, "error": {"code": "InternalError", "message": "An internal error has occurred.", "status": 500}}]'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "job_is $job COMPLETED" 90
	wait_for "grep -q 'TerminateInstances: InternalError' '$BURST_LOG'" 60
	[ "$(live_count)" -eq 2 ]
	faults '[]'
	wait_for '[ "$(live_count)" -eq 0 ]' 60
}

@test "EC2 gives more than was asked for: the surplus is ended at once" {
	faults '[{"action": "CreateFleet", "every": true, "more": 1}]'
	job=$(submit -N 2 -t 5 --efa=required --wrap 'sleep 30')
	wait_for "job_is $job RUNNING" 90
	wait_for '[ "$(live_count)" -eq 2 ]' 20
	wait_for "job_is $job COMPLETED" 90
	wait_for settled 60
	# the surplus is in the ledger with EC2's times, too
	run -0 sqlite3 "$BURST_STATE/state.db" "SELECT count(*) FROM instance WHERE gang LIKE '$job-%' AND launched_s > 0 AND ended_s >= launched_s"
	[ "$output" -eq 3 ]
}

@test "an HTML page instead of an answer" {
	faults '[{"action": "CreatePlacementGroup", "every": true, "answer_raw": {"status": 200, "content_type": "text/html", "body": "<html><body>Welcome to the hotel</body></html>"}}]'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "was_told $job 'burst:*CreatePlacementGroup*'" 60
	faults '[]'
	wait_for "job_is $job COMPLETED" 180
}

@test "an instance that dies between launch and bind takes the gang with it" {
	faults '[{"action": "DescribeInstances", "every": true, "delay_ms": 6000}]'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for '[ "$(live_count)" -eq 2 ]' 30
	ec2 terminate_instances "{\"InstanceIds\": [\"$(live_instances | head -n 1)\"]}"
	wait_for "grep -q 'job=$job .*try 1: instance i-.* right after its launch' '$BURST_LOG'" 60
	faults '[]'
	# the gang is tried again in another pool, in the same start of the job
	wait_for "job_is $job COMPLETED" 120
	[ "$(job_field "$job" Restarts)" = 0 ]
	[ "$(live_count)" -le 2 ]
}
