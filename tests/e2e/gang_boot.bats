#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 5
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
	cluster_start --nodes 6 --slurm ResumeTimeout=20 \
		--conf '{"slurm": {"requeue_delay_s": 3, "max_attempts": 2}, "boot": {"protect_after": 0, "console_lines": 5}}'
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

# boot FAULT [WHEN]: what becomes of the first instance of a launch.
boot() {
	faults "[{\"action\": \"CreateFleet\", ${2:-\"every\": true}, \"boot\": \"$1\", \"instances\": 1}]"
}

# seconds from the announcement of the job's first gang to its being sent back, by the log
seconds_to_failure() {
	local told back
	told=$(grep -E "job=$1 .*told to Slurm" "$BURST_LOG" | head -n 1 | cut -c1-19)
	back=$(grep -E "job=$1 .*sent back" "$BURST_LOG" | head -n 1 | cut -c1-19)
	echo $(($(date -u -d "$back" +%s) - $(date -u -d "$told" +%s)))
}

@test "a node that never registers takes its gang down; the job is told, and held at last" {
	boot hang
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "was_told $job 'burst: node aws-hpc-[01] did not register within 20 s (ResumeTimeout)*; tried again not before *'" 120
	# its nodes can be had again: neither DOWN nor waiting
	wait_for "[[ \$(job_field $job AdminComment) == *'held after 2 failed starts: scontrol release $job to try again' ]]" 200
	[ "$(requests CreateFleet 'select(.status == 200)' | wc -l)" -eq 2 ]
	[ "$(requests TerminateInstances '.params.InstanceIds[]' | sort -u | wc -l)" -eq 4 ]
	wait_for settled 60
	run -0 helper status --all
	[[ $output == *" failed "*"did not register within 20 s (ResumeTimeout)"* ]]
	# what it waits for stands in the log, without colours and line ends
	run -0 grep -E "job=$job .*console of aws-hpc-[0-9] \(i-[0-9a-f]+\): You are in emergency mode. Press Enter for maintenance" "$BURST_LOG"
	run -1 grep -E "console of .*\[0;" "$BURST_LOG"
}

@test "an image without slurmd: ResumeTimeout, and the console's last lines in the log" {
	boot wrong-image '"call": 1'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "was_told $job '* did not register within 20 s (ResumeTimeout)*'" 120
	wait_for "grep -qE 'job=$job .*console of aws-hpc-[0-9] .*: cloud-init.*slurmd: command not found$' '$BURST_LOG'" 10
	wait_for "job_is $job COMPLETED" 120
	# five lines at most, of one node
	[ "$(grep -cE "job=$job .*console of aws-hpc-" "$BURST_LOG")" -le 5 ]
}

@test "a node that shuts itself down in its boot takes its gang down at once" {
	die_at '"call": 1'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "was_told $job 'burst: node aws-hpc-? did not finish its boot: instance i-* (hpc7a.96xlarge in us-east-2a) shut itself down (Client.InstanceInitiatedShutdown: Instance initiated shutdown)*; tried again not before *'" 30
	[ "$(job_field "$job" Requeue)" = 1 ]
	# long before ResumeTimeout
	[ "$(seconds_to_failure "$job")" -le 12 ]
	wait_for "grep -qE 'job=$job .*console of aws-hpc-' '$BURST_LOG'" 10
	wait_for "job_is $job COMPLETED" 120
	[ "$(job_field "$job" Restarts)" -eq 1 ]
}

@test "a node that had registered and ends while the others boot: the job does not wait for it" {
	# it registers within a second
	die_at '"call": 1'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "grep -qE 'job=$job .*sent back: node aws-hpc-. did not finish its boot' '$BURST_LOG'" 30
	node=$(sed -nE "s/.* job=$job .*sent back: node (aws-hpc-.) did not finish its boot.*/\1/p" "$BURST_LOG" | head -n 1)
	grep -q "Node $node now responding" "$BURST_SLURMCTLD_LOG"
	# else it would be COMPLETING until SlurmdTimeout, a minute here
	in_time "[ \$(job_field $job Restarts) -eq 1 ] && ! job_is $job COMPLETING" 20
	wait_for "job_is $job COMPLETED" 45
	wait_for settled 30
}

@test "a spot instance that EC2 takes back in its boot is lack of capacity" {
	die_at '"call": 1' -- '"reason": "Server.SpotInstanceTermination"'
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "was_told $job 'burst: node aws-hpc-? did not finish its boot: instance i-* was taken back as spot capacity (Server.SpotInstanceTermination: Spot instance termination)*'" 30
	wait_for "job_is $job COMPLETED" 120
	# it has nothing to tell
	run -1 grep -E "job=$job .*console of" "$BURST_LOG"
}

@test "srun is told when a node of its gang dies in its boot" {
	die_at '"call": 1'
	run -1 as_user srun -N 2 -t 5 --efa=required hostname
	[[ $output == *": burst: node aws-hpc-"*" did not finish its boot: instance i-"*" shut itself down "* ]]
}

@test "one-node jobs launched together: of one that dies only its own job goes back" {
	boot hang '"call": 1'
	job=$(submit -N 1 -t 5 --array=0-2 --wrap 'sleep 5')
	wait_for "grep -q 'gang=pool-.*told to Slurm' '$BURST_LOG'" 40
	ec2 terminate_instances "{\"InstanceIds\": [$(requests CreateFleet '.result.instances[0]' | tail -n 1)]}"
	wait_for "[ \"\$(in_cluster scontrol -o show job $job | grep -c JobState=COMPLETED)\" -eq 3 ]" 200
	[ "$(in_cluster scontrol -o show job "$job" | grep -oE 'Restarts=[0-9]+' | sort | uniq -c | awk '{print $1, $2}' | tr '\n' ' ')" = "2 Restarts=0 1 Restarts=1 " ]
	grep -qE 'sent back: node aws-hpc-. did not finish its boot: instance i-.* was ended by somebody \(Client.UserInitiatedShutdown' "$BURST_LOG"
}

@test "cancelled when one of two nodes is up: neither stays" {
	boot hang
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	# slurmd of one has registered, the other hangs
	wait_for '[ "$(in_cluster scontrol -o show node | grep -c "State=ALLOCATED+CLOUD ")" -eq 1 ]' 30
	in_cluster scancel "$job"
	wait_for settled 60
}

@test "kill -9 of the helper while EC2 launches: the next call finds the instances and ends them" {
	faults '[{"action": "CreateFleet", "every": true, "delay_ms": 6000}]'
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
