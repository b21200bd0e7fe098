#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 5
#
# Suspend and resume in each other's way, and slurmctld going away in between.

# shellcheck disable=SC2016,SC2030,SC2031 # wait_for evaluates its argument
load cluster
load gang
load tries
load races

setup_file() {
	# longer than SuspendTimeout: slurmctld has nodes that EC2 has not ended
	races_start --scenario '{"timings": {"shutting_down_ms": 9000}}'
}

teardown_file() {
	wait_for settled 60
	cluster_stop
}

setup() {
	races_setup
}

teardown() {
	"$REHEARSAL/cluster" daemon "$BURST_DIR" slurmctld start 2>/dev/null || :
	if [[ -e $BATS_TEST_TMPDIR/suspend ]]; then
		put_back "$BATS_TEST_TMPDIR/suspend" "$BURST_DIR/hooks/suspend"
	fi
	end_test
}

# slurmctld WHAT: start, kill, restart
slurmctld() {
	"$REHEARSAL/cluster" daemon "$BURST_DIR" slurmctld "$1"
}

# on NODES [SBATCH-ARGUMENT...]
on() {
	submit -t 5 -N 2 -w "aws-hpc-[$1]" --efa=required "${@:2}" --wrap 'sleep 300'
}

# gone_by JOB: when EC2 had ended the last instance of its first gang, in ms
ended_ms() {
	journal "select(.kind == \"event\" and .event == \"terminated\" and (.instance as \$i | $1 | index(\$i))) | .time" |
		jq -r . | date -u -f - +%s%3N | sort -n | tail -n 1
}

@test "a job on nodes whose old instances are still terminating: it waits, and is launched once they have ended" {
	first=$(on 0-1)
	wait_for 'gang_is $first active' 40
	old=$(new CreateFleet '.result.instances' | head -n 1)
	# longer than slurmctld takes until it gives the nodes away
	slow TerminateInstances 10000
	# nothing has failed: it does not wait as after a failure
	with requeue_delay_s=300
	in_cluster scancel "$first"
	second=$(on 0-1)
	wait_for "was_told $second \"burst: nodes aws-hpc-[[]0-1] still belong to an earlier job's gang and are released first; the job starts by itself when nodes are free\"" 40
	faults '[]'
	says "$second" 'burst: 2 x hpc7a.96xlarge on-demand us-east-2a, EFA, *' 60
	[ "$(new CreateFleet | wc -l)" -eq 2 ]
	sent=$(new CreateFleet .time | tail -n 1 | jq -r . | date -u -f - +%s%3N)
	((sent > $(ended_ms "$old")))
	[ "$(db "SELECT count(*) FROM gang WHERE job_id = $second")" = 1 ]
	wait_for 'gang_is $second active' 40
	[ "$(live_count)" -eq 2 ]
}

@test "a job that may not be requeued, on such nodes: it waits all the same, and still may not" {
	first=$(on 2-3)
	wait_for 'gang_is $first active' 40
	slow TerminateInstances 10000
	in_cluster scancel "$first"
	second=$(on 2-3 --no-requeue)
	wait_for "was_told $second \"burst: nodes aws-hpc-[[]2-3] still belong to an earlier job's gang and are released first; the job starts by itself when nodes are free\"" 40
	faults '[]'
	wait_for '[ "$(job_field $second Requeue)" = 0 ]' 30
	wait_for 'gang_is $second active' 90
	[ "$(job_field "$second" JobState)" != CANCELLED ]
	[ "$(live_count)" -eq 2 ]
}

@test "powered up again while the old instances are still terminating: launched once they have ended" {
	first=$(on 30-31)
	wait_for 'gang_is $first active' 40
	old=$(new CreateFleet '.result.instances' | head -n 1)
	in_cluster scancel "$first"
	# slurmctld has the nodes again before EC2 has ended what was there, but for a machine that is very slow
	wait_for 'all_are IDLE+CLOUD+POWERING_DOWN aws-hpc-30 aws-hpc-31 || all_are IDLE+CLOUD+POWERED_DOWN aws-hpc-30 aws-hpc-31' 30
	in_cluster scontrol update 'nodename=aws-hpc-[30-31]' state=resume || :
	wait_for 'all_are IDLE+CLOUD+POWERED_DOWN aws-hpc-30 aws-hpc-31' 10
	in_cluster scontrol update 'nodename=aws-hpc-[30-31]' state=power_up
	wait_for '[ "$(new CreateFleet | wc -l)" -ge 2 ]' 40
	sent=$(new CreateFleet .time | sed -n 2p | jq -r . | date -u -f - +%s%3N)
	((sent > $(ended_ms "$old")))
	# they are of no job: nobody waits for them all
	wait_for '[ "$(live_count)" -eq 2 ]' 20
	in_cluster scontrol update 'nodename=aws-hpc-[30-31]' state=power_down_force
	wait_for '[ "$(live_count)" -eq 0 ]' 30
}

@test "power down by hand while EC2 launches: by force all of the gang goes, otherwise it comes" {
	slow CreateFleet 7000
	plain=$(on 2-3)
	asap=$(on 4-5)
	force=$(on 6-7)
	for job in $plain $asap $force; do
		wait_for "gang_is $job launching" 30
	done
	in_cluster scontrol update nodename=aws-hpc-2 state=power_down
	in_cluster scontrol update nodename=aws-hpc-4 state=power_down_asap
	in_cluster scontrol update nodename=aws-hpc-6 state=power_down_force
	faults '[]'
	wait_for "grep -qE 'job=$force .*(sent back|taken down): (stopped: powered down on the way up|job $force does not wait any more: cancelled or requeued)' '$BURST_LOG'" 20
	says "$plain" 'burst: 2 x hpc7a.96xlarge *' 30
	says "$asap" 'burst: 2 x hpc7a.96xlarge *' 30
	wait_for '[ "$(live_count)" -eq 4 ]' 20
	wait_for 'gang_is $plain active && gang_is $asap active' 40
	wait_for "job_is $force PENDING" 20
	in_cluster scancel "$plain" "$asap" "$force"
	wait_for '[ "$(live_count)" -eq 0 ]' 40
}

@test "scontrol reconfigure and slurmctld restarted while EC2 launches: the gang comes once" {
	slow CreateFleet 5000
	job=$(on 12-13)
	wait_for 'gang_is $job launching' 30
	in_cluster scontrol reconfigure
	slurmctld restart
	says "$job" 'burst: 2 x hpc7a.96xlarge on-demand us-east-2a, EFA, *' 40
	wait_for 'gang_is $job active' 60
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
	[ "$(live_count)" -eq 2 ]
	[ "$(job_field "$job" Restarts)" = 0 ]
}

@test "slurmctld is away when the instances come: the gang is announced when it is back" {
	slow CreateFleet 5000
	job=$(on 14-15)
	wait_for 'gang_is $job launching' 30
	slurmctld stop
	wait_for '[ "$(live_count)" -eq 2 ]' 20
	# longer than from EC2's answer to the announcement
	sleep 6
	gang_is "$job" launching || gang_is "$job" bound
	slurmctld start
	says "$job" 'burst: 2 x hpc7a.96xlarge on-demand us-east-2a, EFA, *' 40
	wait_for 'gang_is $job active' 60
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
	[ "$(live_count)" -eq 2 ]
	[ "$(job_field "$job" Restarts)" = 0 ]
}

@test "slurmctld dies while EC2 launches, and has forgotten the job's start: what came goes, the next start has its own" {
	slow CreateFleet 4000
	job=$(on 24-25 -H -J remembered)
	# the job itself it knows: its state is written every few seconds
	wait_for 'grep -q remembered "$BURST_DIR/spool/slurmctld/job_state"' 60
	in_cluster scontrol release "$job"
	wait_for 'gang_is $job launching' 30
	slurmctld kill
	wait_for '[ "$(live_count)" -eq 2 ]' 20
	first=$(live_instances | sort)
	slurmctld start
	in_cluster scontrol release "$job" || :
	# slurmctld writes its state at intervals: the start may be in it or not
	wait_for '[ "$(db "SELECT state FROM gang WHERE job_id = $job ORDER BY seq DESC LIMIT 1")" = active ]' 60
	wait_for '[ "$(live_count)" -eq 2 ]' 20
	if [ "$(new CreateFleet | wc -l)" -gt 1 ]; then
		[ "$(new CreateFleet | wc -l)" -eq 2 ]
		[ "$(new TerminateInstances '.params.InstanceIds[]' | jq -r . | sort -u)" = "$first" ]
	fi
}

@test "slurmctld restarted while the nodes boot: the gang comes" {
	hold_boot
	job=$(on 16-17)
	wait_for 'gang_is $job announced' 30
	slurmctld restart
	let_boot
	wait_for 'gang_is $job active' 60
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
	[ "$(live_count)" -eq 2 ]
	[ "$(job_field "$job" Restarts)" = 0 ]
}

@test "SuspendProgram on another host while the first one launches: it leaves the gang to it, reconciles, and nothing stays" {
	cp "$BURST_DIR/hooks/suspend" "$BATS_TEST_TMPDIR/suspend"
	sed -i 's|^exec \(.*\) "$@"|exec unshare -Ur -u sh -c "hostname other; exec \1 \\"\\$@\\"" sh "$@"|' "$BURST_DIR/hooks/suspend"
	slow CreateFleet 7000
	job=$(on 18-19)
	wait_for 'gang_is $job launching' 30
	in_cluster scontrol update nodename=aws-hpc-18 state=power_down_force
	faults '[]'
	wait_for "grep -q 'suspend.*state.db was last written on host .*: reconcile begins' '$BURST_LOG'" 20
	as_user scancel "$job"
	took_down "$job" 'aws-hpc-[18-19]' 2
	put_back "$BATS_TEST_TMPDIR/suspend" "$BURST_DIR/hooks/suspend"
}
