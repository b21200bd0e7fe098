#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What Slurm, its users and its administrator do while a gang is on its way up.

# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang
load tries

# resume of jobs that do not start; a node that comes after the test has changed slurm.conf
ALLOWED_ERRORS+='
power_save: program exit status of 1$
Node [^ ]+ appears to have a different slurm.conf than the slurmctld'

setup_file() {
	local hpc shared
	hpc=$(node_group hpc "$(types hpc7a.96xlarge c7i.48xlarge | jq '. + {max_nodes: 40}')")
	shared=$(node_group any '{"reuse": true}')
	# aws-old is what slurm.conf still has and the helper's configuration has not
	cluster_start --slurm 'NodeName=aws-old-[0-3] State=CLOUD NodeAddr=127.0.0.254 CPUs=4 RealMemory=1000' \
		--slurm 'PartitionName=old Nodes=aws-old-[0-3],aws-hpc-[0-39] MaxTime=1:00:00 OverSubscribe=EXCLUSIVE' \
		--slurm SuspendTime=3 \
		--conf "$(tries_conf '{"slurm": {"requeue_delay_s": 3, "max_attempts": 2}}' "$hpc" |
			jq -c --argjson shared "$shared" '.slurm.partitions += [{partition_name: "shared",
				partition_options: {MaxTime: "1:00:00", OverSubscribe: "NO"}, node_groups: [$shared]}]')"
}

teardown_file() {
	wait_for settled 60
	cluster_stop
}

setup() {
	need_helper
	begin_test
}

teardown() {
	if [[ -e $BATS_TEST_TMPDIR/epilog ]]; then
		put_back "$BATS_TEST_TMPDIR/epilog" "$BURST_DIR/hooks/epilog"
	fi
	if [[ -e $BATS_TEST_TMPDIR/resume ]]; then
		put_back "$BATS_TEST_TMPDIR/resume" "$BURST_DIR/hooks/resume"
	fi
	end_test
}

# slowly MS [RULE]: CreateFleet takes so long
slowly() {
	faults "[{\"action\": \"CreateFleet\", \"every\": true, \"delay_ms\": $1${2:+, $2}}]"
}

# on NODES [SBATCH-ARGUMENT...]: a job on these; each test has its own, since power saving takes its time
on() {
	submit -t 5 -w "aws-$1" "${@:2}" --wrap 'sleep 300'
}

# launching JOB: its request is under way at EC2
launching() {
	wait_for "[ \"\$(helper status --json | jq -r '.gangs[] | select(.job == \"$1\").state')\" = launching ]" 30
}

# going_down NODES: no job can have any of them before it is powered down (that they are at last, cluster_stop sees to)
going_down() {
	! in_cluster scontrol -o show node "$1" | grep -vE 'State=[A-Z+]*(POWERING_DOWN|POWER_DOWN|POWERED_DOWN)'
}

@test "two ResumePrograms at once for one job, and a third later: one launch" {
	cp "$BURST_DIR/hooks/resume" "$BATS_TEST_TMPDIR/resume"
	sed -n '1,/^export/p' "$BATS_TEST_TMPDIR/resume" >"$BURST_DIR/hooks/resume"
	cat >>"$BURST_DIR/hooks/resume" <<-END
	# slurmctld's file goes away with its call
	cat "\$SLURM_RESUME_FILE" >$BURST_STATE/resume-file
	export SLURM_RESUME_FILE=$BURST_STATE/resume-file
	$(sed -n 's/^exec //p' "$BATS_TEST_TMPDIR/resume") &
	$(sed -n 's/^exec //p' "$BATS_TEST_TMPDIR/resume")
	wait
	END
	slowly 1500
	job=$(on 'hpc-[0-2]' --efa=required)
	wait_for "told $job 'burst: 3 x hpc7a.96xlarge on-demand us-east-2a, EFA, *'" 30
	[ "$(grep -c 'resume.*called for aws-hpc-\[0-2\]' "$BURST_LOG")" -eq 2 ]
	# by hand once more
	as_slurm env SLURM_RESUME_FILE="$BURST_STATE/resume-file" \
		"$BURST_PREFIX/bin/aws-slurm-burst" -c /etc/slurm/aws-burst.yaml resume 'aws-hpc-[0-2]'
	grep -qE "resume.*job=$job .*all its nodes have their instances already" "$BURST_LOG"
	[ "$(new CreateFleet '.params.OnDemandOptions.MinTargetCapacity')" = 3 ]
	[ "$(new CreatePlacementGroup | wc -l)" -eq 1 ]
	[ "$(live_count)" -eq 3 ]
	[ "$(helper status --json | jq "[.gangs[] | select(.job == \"$job\")] | length")" -eq 1 ]
	[ "$(job_field "$job" Restarts)" = 0 ]
}

# rate N: slurm.conf's ResumeRate from here on
rate() {
	sed -i "s/^ResumeRate=.*/ResumeRate=$1/" "$BURST_SLURM_CONF"
	in_cluster scontrol reconfigure
}

@test "ResumeRate hands over a job in slices: the first launches the whole gang, the later ones join it" {
	# six at once, then one in ten seconds
	rate 6
	slowly 10500
	job=$(on 'hpc-[4-10]' --efa=required)
	wait_for "told $job 'burst: 7 x hpc7a.96xlarge on-demand us-east-2a, EFA, *'" 60
	rate 0
	grep -q 'resume.*called for aws-hpc-\[4-9\]' "$BURST_LOG"
	grep -q 'resume.*called for aws-hpc-10$' "$BURST_LOG"
	grep -q 'ResumeRate=6 SuspendRate=0 cut gangs into slices' "$BURST_LOG"
	[ "$(new CreateFleet '.params.OnDemandOptions.MinTargetCapacity')" = 7 ]
	[ "$(live_count)" -eq 7 ]
	[ "$(job_field "$job" Restarts)" = 0 ]
}

# shared FIRST: two jobs in one call, with node FIRST + 1 in both
shared() {
	in_cluster scontrol update partitionname=shared state=down
	both=$(submit -p shared -N 2 -n 2 -t 5 --efa=required -w "shared-any-[$1-$(($1 + 1))]" --wrap 'sleep 300')
	one=$(submit -p shared -N 1 -n 1 -t 5 -w "shared-any-$(($1 + 1))" --wrap 'sleep 300')
	in_cluster scontrol update partitionname=shared state=up
}

@test "the same node in two jobs, no capacity: one try for both, both sent back and told; later both run" {
	faults '[{"action": "CreateFleet", "every": true, "capacity": {"default": 0}}]'
	with requeue_delay_s=300
	shared 0
	wait_for "told $both 'burst: EC2 gave 0 of 2 *; tried again not before *' && told $one 'burst: EC2 gave 0 of 2 *; tried again not before *'" 30
	[ "$(new CreateFleet '.params.OnDemandOptions.MinTargetCapacity')" = 2 ]
	[ "$(live_count)" -eq 0 ]
	faults '[]'
	wait_for "job_is $both PENDING && job_is $one PENDING" 30
	in_cluster scontrol update partitionname=shared state=down
	in_cluster scontrol update "job=$both" starttime=now
	in_cluster scontrol update "job=$one" starttime=now
	in_cluster scontrol update partitionname=shared state=up
	wait_for "told $both 'burst: 2 x hpc7a.96xlarge *' && told $one 'burst: 1 x hpc7a.96xlarge *'" 60
	[ "$(live_count)" -eq 2 ]
}

@test "the same node in two jobs, one cancelled on the way up: the gang comes for the other" {
	slowly 5000
	shared 4
	launching "$both"
	as_user scancel "$both"
	wait_for "told $one 'burst: 1 x hpc7a.96xlarge *'" 30
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
	[ "$(job_field "$one" Restarts)" = 0 ]
}

@test "a way back that takes longer than the delay: slurmctld's two minutes do not take its place" {
	cp "$BURST_DIR/hooks/epilog" "$BATS_TEST_TMPDIR/epilog"
	sed '2i sleep 3.5' "$BATS_TEST_TMPDIR/epilog" >"$BATS_TEST_TMPDIR/slow"
	put_back "$BATS_TEST_TMPDIR/slow" "$BURST_DIR/hooks/epilog"
	faults '[{"action": "CreateFleet", "every": true, "capacity": {"default": 0}}]'
	job=$(on 'hpc-[30-31]' -N 2)
	comes_back() { was_told "$job" 'burst: EC2 gave 0 of 2 *' && job_is "$job" PENDING; }
	wait_for comes_back 30
	faults '[]'
	(($(date -d "$(job_field "$job" EligibleTime)" +%s) - $(date +%s) <= 10))
	says "$job" 'burst: 2 x hpc7a.96xlarge *' 60
}

@test "nodes that the configuration does not know: nothing is launched, the job is held and told" {
	job=$(submit -p old -N 2 -t 5 --efa=required -w 'aws-old-[0-1]' --wrap true)
	wait_for "told $job 'burst: nodes aws-old-0 and 1 more are of no node group in aws-slurm-burst'\\''s configuration; held: change the job or the configuration, then scontrol release $job'" 30
	wait_for "job_is $job PENDING" 10
	wait_for '[ "$(job_field $job Reason)" = JobHeldUser ]' 10
	[ "$(new CreateFleet | wc -l)" -eq 0 ]
	wait_for 'going_down aws-old-[0-1]' 10
}

@test "one node of several that the configuration does not know: no half a gang is launched" {
	job=$(submit -p old -N 3 -t 5 --efa=required -w 'aws-old-2,aws-hpc-[12-13]' --wrap true)
	wait_for "told $job 'burst: node aws-old-2 is of no node group in aws-slurm-burst'\\''s configuration; held: *'" 30
	[ "$(new CreateFleet | wc -l)" -eq 0 ]
	[ "$(new CreatePlacementGroup | wc -l)" -eq 0 ]
	wait_for 'going_down aws-old-2,aws-hpc-[12-13]' 10
}

@test "a node that the configuration does not know is powered up without a job: sent back" {
	in_cluster scontrol update nodename=aws-old-3 state=power_up
	wait_for "grep -q 'nodes aws-old-3 are of no node group in /etc/slurm/aws-burst.yaml: they cannot be launched' '$BURST_LOG'" 20
	wait_for 'going_down aws-old-3' 10
	[ "$(new CreateFleet | wc -l)" -eq 0 ]
}

@test "cancelled between two tries: no further one is begun" {
	slowly 5000 '"capacity": {"default": 0}'
	job=$(on 'hpc-[14-15]' --efa=preferred)
	launching "$job"
	as_user scancel "$job"
	# from now on EC2 has some
	faults '[]'
	wait_for "grep -q 'job=$job .*sent back: job $job does not wait any more: cancelled or requeued' '$BURST_LOG'" 20
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
	[ "$(live_count)" -eq 0 ]
	wait_for 'going_down aws-hpc-[14-15]' 10
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
}

@test "requeued by its user on the way up: its gang goes, and its next start has a gang of its own" {
	slowly 5000
	job=$(on 'hpc-[16-17]' --efa=required)
	launching "$job"
	as_user scontrol requeue "$job"
	faults '[]'
	wait_for "grep -q 'job=$job .*taken down: job $job does not wait any more\\|job=$job .*sent back: job $job does not wait any more' '$BURST_LOG'" 20
	wait_for '[ "$(live_count)" -eq 0 ]' 20
	first=$(new CreateFleet '.result.instances[]' | sort)
	[ "$(new TerminateInstances '.params.InstanceIds[]' | sort -u)" = "$first" ]
	# slurmctld lets two minutes pass before a requeued job may start
	in_cluster scontrol update "job=$job" starttime=now
	wait_for "told $job 'burst: 2 x hpc7a.96xlarge on-demand us-east-2a, EFA, *'" 60
	[ "$(new CreateFleet | wc -l)" -eq 2 ]
	[ "$(live_count)" -eq 2 ]
	# that was no failed start
	run -0 helper explain "$job"
	[[ $output != *held* ]]
	# the nodes have the addresses of their new instances, not of the ended ones
	for node in aws-hpc-16 aws-hpc-17; do
		ec2_objects instance 'select(.state == "pending" or .state == "running") | .nics[].address' |
			grep -qxF "\"$(node_field "$node" NodeAddr)\""
	done
}

@test "a node set down by the administrator on the way up: the gang goes, the job starts again" {
	slowly 5000
	job=$(on 'hpc-[20-21]' --efa=required)
	launching "$job"
	in_cluster scontrol update nodename=aws-hpc-20 state=down reason=bad
	faults '[]'
	wait_for "grep -q 'job=$job .*job $job does not wait any more' '$BURST_LOG'" 20
	wait_for '[ "$(live_count)" -eq 0 ]' 20
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
	wait_for "job_is $job PENDING" 20
}

@test "a node's next life has another address: Slurm is told the new one" {
	first=$(on 'hpc-[24-25]' --efa=required)
	wait_for "told $first 'burst: 2 x hpc7a.96xlarge *'" 30
	before=$(node_field aws-hpc-24 NodeAddr)
	[[ $before == 10.77.1.* ]]
	in_cluster scancel "$first"
	faults '[{"action": "CreateFleet", "every": true, "capacity": {"us-east-2a": 0}}]'
	second=$(on 'hpc-[24-25]' --efa=required)
	wait_for "told $second 'burst: 2 x hpc7a.96xlarge *'" 60
	after=$(node_field aws-hpc-24 NodeAddr)
	[[ $after == 10.77.2.* ]]
	ec2_objects instance 'select(.state == "pending" or .state == "running") | .nics[].address' | grep -qxF "\"$after\""
}
