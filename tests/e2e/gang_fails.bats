#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 4
#
# Gangs that do not come: nothing runs, the job is back in the queue within seconds and told why.

# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang

# a resume that could not read its configuration
ALLOWED_ERRORS+='
power_save: program exit status of 3$'

setup_file() {
	cluster_start --nodes 12 --conf '{"slurm": {"requeue_delay_s": 5, "max_attempts": 3}}'
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
	wait_for settled 60
}

NO_CAPACITY='[{"action": "CreateFleet", "every": true, "capacity": {"hpc7a.96xlarge/us-east-2a": 0, "hpc7a.96xlarge/us-east-2b": 0, "c7i.48xlarge/us-east-2a": 0, "c7i.48xlarge/us-east-2b": 0}}]'

@test "no capacity: the batch job is requeued with a begin time and the reason" {
	faults "$NO_CAPACITY"
	job=$(submit -N 3 -t 5 --efa=required --wrap true)
	wait_for "was_told $job 'burst: EC2 gave 0 of 3 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: We currently do not have sufficient hpc7a.96xlarge capacity*; tried again not before ??:??:??'" 30
	wait_for "[ -n \"\$(requeue_ms $job)\" ]" 20
	[ "$(requeue_ms "$job" | head -n 1)" -le 5000 ]
	[ "$(job_field "$job" Requeue)" = 1 ]
	[ "$(live_count)" -eq 0 ]
	# the node's reason: slurmctld drops it when the node is resumed, a second later
	grep -q 'node aws-hpc-[0-9]* reason set to: burst: EC2 gave 0 of 3 hpc7a.96xlarge instances' "$BURST_SLURMCTLD_LOG"

	# and when EC2 has some again, it runs by itself
	faults '[]'
	wait_for "job_is $job COMPLETED" 120
	run -0 job_field "$job" AdminComment
	[[ $output == "burst: 3 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group "* ]]
	[ "$(job_field "$job" Restarts)" -ge 1 ]
}

@test "after max_attempts the job is held, and says how it is released" {
	faults "$NO_CAPACITY"
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "[[ \$(job_field $job AdminComment) == *held* ]]" 200
	run -0 job_field "$job" AdminComment
	[[ $output == *"; held after 3 failed starts: scontrol release $job to try again" ]]
	wait_for "[ \"\$(job_field $job Reason | cut -d' ' -f1)\" = JobHeldUser ]" 20
	# the user herself can release it
	faults '[]'
	run -0 as_user scontrol release "$job"
	wait_for "job_is $job COMPLETED" 90
}

@test "--no-requeue: sent back all the same, since its script never ran" {
	faults "$NO_CAPACITY"
	job=$(submit -N 2 -t 5 --no-requeue --efa=required --wrap true)
	wait_for "was_told $job '*InsufficientInstanceCapacity*'" 30
	wait_for "[ \"\$(job_field $job Requeue)\" = 0 ]" 5
	faults '[]'
	wait_for "job_is $job COMPLETED" 120
}

@test "srun is told at its terminal and ends" {
	faults "$NO_CAPACITY"
	run -1 as_user srun -N 2 -t 5 --efa=required hostname
	[[ $output == *": burst: EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: "*"; nothing stays running for it, submit it again later"* ]]
}

@test "salloc is told at its terminal and ends" {
	faults "$NO_CAPACITY"
	run -1 as_user salloc -N 2 -t 5 --efa=required true
	[[ $output == *": burst: EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: "*"; nothing stays running for it, submit it again later"* ]]
}

@test "array of four gangs of which one fails: the others are untouched" {
	faults '[{"action": "CreateFleet", "call": 2, "error": {"code": "InsufficientInstanceCapacity", "message": "none here", "status": 500}}]'
	job=$(submit -N 2 -t 5 --array=0-3 --efa=required --wrap true)
	wait_for "[ \"\$(in_cluster scontrol -o show job $job | grep -c JobState=COMPLETED)\" -eq 4 ]" 200
	# one task was started twice, the others once
	[ "$(in_cluster scontrol -o show job "$job" | grep -oE 'Restarts=[0-9]+' | sort | uniq -c | awk '{print $1, $2}' | tr '\n' ' ')" = "3 Restarts=0 1 Restarts=1 " ]
}

@test "over the cost limit: nothing is launched, the job is held and told what it would take" {
	before=$(request_count CreateFleet)
	job=$(submit -N 4 -t 60 --efa=required --burst-cost=5 --wrap true)
	wait_for "[[ \$(job_field $job AdminComment) == *held* ]]" 30
	run -0 job_field "$job" AdminComment
	[[ $output == "burst: "*"5.00"*"; held: change the job or the configuration, then scontrol release $job" ]]
	[ "$(request_count CreateFleet)" -eq "$before" ]
}

@test "a launch template that is not there: held, with its name" {
	faults '[{"action": "DescribeLaunchTemplateVersions", "every": true, "error": {"code": "InvalidLaunchTemplateName.NotFoundException", "message": "At least one of the launch templates specified in the request does not exist.", "status": 400}}]'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "[[ \$(job_field $job AdminComment) == *'launch template burst-lt of node group hpc: '*'; held: change the job or the configuration, then scontrol release $job' ]]" 60
	[ "$(live_count)" -eq 0 ]
}

@test "wrong credentials: back in the queue, the reason without any secret" {
	cp "$BURST_DIR/etc/slurm/aws-credentials" "$BATS_TEST_TMPDIR/credentials"
	sed -i 's/^aws_secret_access_key.*/aws_secret_access_key = verysecretandwrong/' "$BURST_DIR/etc/slurm/aws-credentials"
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "[[ \$(job_field $job AdminComment) == burst:*AuthFailure* || \$(job_field $job AdminComment) == burst:*SignatureDoesNotMatch* ]]" 30
	cat "$BATS_TEST_TMPDIR/credentials" >"$BURST_DIR/etc/slurm/aws-credentials"
	run -1 grep -r verysecretandwrong "$BURST_LOG" "$BURST_STATE" "$BURST_JOURNAL"
	# credentials are mended by people: the next start is minutes away, whatever requeue_delay_s
	in_cluster scontrol update "job=$job" starttime=now
	wait_for "job_is $job COMPLETED" 120
}

@test "a configuration that cannot be read: nodes are sent back with file and line" {
	cp "$BURST_CONF" "$BATS_TEST_TMPDIR/conf"
	echo 'nonsense: 1' >>"$BURST_CONF"
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "[[ \$(job_field $job AdminComment) == 'burst: /etc/slurm/aws-burst.yaml:'*nonsense* ]]" 30
	grep -q 'node aws-hpc-0 reason set to: burst: /etc/slurm/aws-burst.yaml:.*nonsense' "$BURST_SLURMCTLD_LOG"
	put_back "$BATS_TEST_TMPDIR/conf" "$BURST_CONF"
	in_cluster scancel "$job"
}
