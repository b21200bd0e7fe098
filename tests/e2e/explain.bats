#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# explain of jobs that wait, run and have ended, by their user, by somebody else and by root, with a
# configuration that users may not read. PrivateData=jobs.

# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang
load tries

setup_file() {
	local groups=()
	groups+=("$(node_group hpc "$(types hpc7a.96xlarge c7i.48xlarge | jq '. + {other_regions: [{region: "us-west-2",
		launch_template_specification: {launch_template_name: "burst-lt"}, subnet_ids: ["subnet-0bbbbbbbbbbbbbbb1"]}]}')")")
	groups+=("$(node_group small '{"slurm_specifications": {"CPUs": "2", "RealMemory": "500"}, "max_nodes": 2,
		"launch_template_overrides": [{"instance_type": "c5.xlarge"}]}')")
	cluster_start --boot none --slurm PrivateData=cloud,jobs --slurm MinJobAge=2 --conf "$(tries_conf '{}' "${groups[@]}")" \
		--scenario '{"regions": {"us-west-2": {"subnets": [{"id": "subnet-0bbbbbbbbbbbbbbb1", "az": "us-west-2a",
			"cidr": "10.78.1.0/24"}]}}}'
	[[ -n ${BURST_PREFIX:-} ]] || return 0
	chmod 600 "$BURST_CONF"
	chown slurm: "$BURST_CONF"
	export PLAIN=${BURST_PLAIN_PREFIX:-$BURST_PREFIX}/bin/aws-slurm-burst
	cat >"$BURST_HOME/mpi.sh" <<-'END'
		#!/bin/bash
		#SBATCH --ntasks-per-node=2 --partition=aws
		#SBATCH --burst-cost=500
		module load openmpi
		srun --mpi=pmix ./simpleFoam -parallel
	END
	helper config export
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
	end_test
}

# explain JOB [OPTION]: as the job's user
explain() {
	as_user "$PLAIN" -c /etc/slurm/aws-burst.yaml explain "$@"
}

# as_other COMMAND...: as somebody whose job it is not
as_other() {
	in_cluster setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# has PATTERN: of $output with its lines joined
has() {
	local folded
	folded=$(tr -s ' \n' ' ' <<<"$output")
	# shellcheck disable=SC2053 # a pattern
	[[ $folded == $1 ]] || {
		printf '%s\n' "$output"
		return 1
	}
}

# says_json FILTER [JQ-ARGUMENT...]
says_json() {
	jq -e "${@:2}" "$1" <<<"$output" >/dev/null || {
		printf '%s\n' "$output"
		return 1
	}
}

# plan_of: what a group's lines and tries say, without what is seen or asked
plan_of() {
	sed -n '/^node group/,/^  not seen/{/^  not seen/q; p}'
}

# held ARGUMENT...: mpi.sh, held
held() {
	as_user sbatch --parsable -H "$@" mpi.sh
}

@test "a held job: its user is told what estimate would tell" {
	job=$(held -N 4 -t 30)
	run -0 explain "$job"
	[ "${lines[0]}" = "job $job waits: held by its user; nothing was asked of EC2 for it yet. If it began now:" ]
	has "*site of * ago (/var/lib/aws-slurm-burst-public/site.json)*"
	has '*--nodes=4 (Slurm), --ntasks=8 (Slurm)*--burst-cost=500 (line 3)*'
	has '*+70 line 5: OpenFOAM by srun*'
	has '*node group aws-small: *the job needs 4 nodes, and it has 2*'
	has '*--efa and --burst-cost of the command line, and the environment of the submission, which slurmctld keeps to itself*'
	plan_of <<<"$output" >"$BATS_TEST_TMPDIR/explained"
	has '*limit 500.00*region us-west-2: cost limit 500.00 USD cannot be checked: no price known of *'
	# KillWait and the like are Slurm's in one, its default in the other
	run -0 as_user "$PLAIN" -c /etc/slurm/aws-burst.yaml estimate -N 4 -t 30 mpi.sh
	diff <(sed -E 's/[0-9.]+ USD (at worst|for the job)/X/; s/[0-9]+ s release/X/' "$BATS_TEST_TMPDIR/explained" | tr -s ' \n' '\n') \
		<(plan_of <<<"$output" | sed -E 's/[0-9.]+ USD (at worst|for the job)/X/; s/[0-9]+ s release/X/' | tr -s ' \n' '\n')
	[ -z "$(asked)" ]
}

@test "SlurmUser sees what was asked on the command line, and its tries are those that follow" {
	job=$(held -N 2 -t 5 --efa=required)
	run -0 helper explain "$job"
	has '*--efa=required (Slurm), --burst-cost=500.00 (Slurm)*'
	has "*EFA: required (the job's --efa): used*"
	[[ $output != *plugstack.conf* && $output != *'keeps to itself'* ]]
	# by its user, who asked for it on the command line, which he is told that we cannot see
	run -0 explain "$job"
	has '*EFA: optional (detected: *'
	run -0 helper explain --json "$job"
	first=$(jq -r '.next.groups[] | select(.group == "aws-hpc") | .tries[0].asked' <<<"$output")
	[[ $first == '2 x hpc7a.96xlarge|c7i.48xlarge in '*', on-demand, EFA, placement group' ]]
	in_cluster scontrol update "JobId=$job" ReqNodeList='aws-hpc-[0-1]'
	in_cluster scontrol release "$job"
	wait_for '[ -n "$(asked)" ]' 30
	# and afterwards, when Slurm has forgotten its script: what was understood, by which evidence
	run -0 explain "$job"
	has '*job MPI (99 % sure), openmpi, OpenFOAM, moderate communication, 4 tasks evidence +70 line 5: OpenFOAM by srun *'
	has "*choices EFA: required (the job's --efa): used *kept hpc7a.96xlarge*try 1 *"
	[[ $(asked | head -n 1) == '2/2 on-demand, EFA, group: hpc7a.96xlarge@a1 hpc7a.96xlarge@a2 c7i.48xlarge@a1 c7i.48xlarge@a2' ]]
}

@test "JSON says the same" {
	job=$(held -N 4 -t 30)
	run -0 explain "$job" --json
	says_json '.version == 1 and .job == $job and .gangs == [] and .slurm_error == null
		and .waits.jobs == [$job] and .waits.why == "held by its user" and .waits.user == "researcher"
		and .next.detected.application == "OpenFOAM" and (.next.site | contains("site.json"))
		and (.next.groups[] | select(.group == "aws-hpc") | .possible and .efa.mode == "preferred"
			and (.tries[0].worst_uusd > 0) and (.tries | map(.region) | unique == ["us-east-2"]) and (.elsewhere[0] | startswith("us-west-2: ")))
		and (.next.groups[] | select(.group == "aws-small") | .possible | not)
		and ([.next.asked[] | select(.option == "burst-cost") | .from, .line] == ["script", 3])' --arg job "$job"
}

@test "not before a time, and behind another job" {
	job=$(as_user sbatch --parsable -N 2 --begin=now+2hours mpi.sh)
	wait_for "[[ \$(explain $job) == \"job $job waits: not to begin yet, not before \"* ]]" 20
	run -0 explain "$job" --json
	[ "$(date -d "$(jq -r .waits.not_before <<<"$output")" +%s)" -gt "$(date -d '+110 minutes' +%s)" ]
	first=$(held -N 1)
	second=$(as_user sbatch --parsable -N 2 -d "afterok:$first" mpi.sh)
	run -0 explain "$second"
	[[ ${lines[0]} == "job $second waits"*"(afterok:$first(unfulfilled)); nothing was asked"* ]]
	[[ $output != *'not before'* ]]
}

@test "an array: a task that waits is told by the tasks that do" {
	job=$(held -N 2 --array=0-8:2)
	run -0 explain "$job"
	[[ ${lines[0]} == "job ${job}_[0,2,4,6,8] waits: held by its user"* ]]
	has '*what follows is one task*'
	has '*node group aws-hpc: 2 nodes for 4 tasks*'
	run -0 explain "${job}_4"
	[[ ${lines[0]} == "job ${job}_[0,2,4,6,8] waits"* ]]
	run ! explain "${job}_3"
	[[ $output == *'Slurm does not know it'* ]]
}

@test "a heterogeneous job is one gang of all components" {
	job=$(as_user sbatch --parsable -H -t 10 -N 2 -p aws --efa=required : -N 1 --mem=600 --wrap 'srun ./x : ./y')
	for name in "$job" "$job+0" "$job+1" "$((job + 1))"; do
		run -0 helper explain "$name"
		has "job $job+0 waits with its 2 components: held by its user*"
		has '*node group aws-hpc: 3 nodes for 3 tasks plan EFA: required* 1. 3 x hpc7a.96xlarge|*'
	done
	# the second component does not fit
	has '*node group aws-small: 3 nodes for 3 tasks no the job needs 3 nodes, and it has 2*'
	run -0 helper explain "$job" --json
	says_json '.waits.jobs == [$job + "+0", $job + "+1"] and (.next.further_components | length) == 1' --arg job "$job"
}

@test "somebody else is told nothing, of a job that waits or has begun" {
	job=$(held -N 4)
	run ! as_other "$PLAIN" -c /etc/slurm/aws-burst.yaml explain "$job"
	[[ $output == *"nothing that you may read is known of job $job "*'hides it from you (PrivateData=jobs)' ]]
	begun=$(job hpc 2)
	comes "$begun" '2 x hpc7a.96xlarge *'
	run -0 explain "$begun"
	[[ $output == *"2 x hpc7a.96xlarge"* ]]
	run ! as_other "$PLAIN" -c /etc/slurm/aws-burst.yaml explain "$begun"
	[[ $output == *'PrivateData=jobs'* && $output != *hpc7a* ]]
}

@test "of a job that was sent back both is told: what was, and what comes next" {
	faults '[{"action": "CreateFleet", "every": true, "capacity": {"hpc7a.96xlarge": 0, "c7i.48xlarge": 0}}]'
	job=$(job hpc 2)
	fails "$job" '*'
	wait_for "job_is $job PENDING" 30
	run -0 explain "$job"
	[[ ${lines[0]} == "job $job did not start: "* ]]
	has "* next start: job $job waits*. If it began now: *"
	has '* try 1 * tries 1. 2 x hpc7a.96xlarge|*'
	run -0 explain "$job" --json
	says_json '(.gangs | length) == 1 and (.next.groups | length) == 2 and .waits.not_before != null'
}

@test "of a job that slurmctld has forgotten: what was made of it, to its user and SlurmUser, as before" {
	job=$(job hpc 2)
	comes "$job" '2 x hpc7a.96xlarge *'
	in_cluster scancel "$job"
	wait_for "helper status --all --json | jq -e '.gangs[] | select(.job == \"$job\" and (.state == \"failed\" or .state == \"released\"))'" 60
	run -0 explain "$job"
	known=$output
	run -0 helper explain "$job"
	mine=$output
	# MinJobAge; slurmctld looks once a minute at most
	wait_for "in_cluster scontrol show job $job 2>&1 | grep -q 'Invalid job id'" 100
	run -0 explain "$job"
	diff <(echo "$known") <(echo "$output")
	[[ ${lines[0]} == "job $job "* && $output != *'not seen'*'whether it waits'* ]]
	has '*kept hpc7a.96xlarge*try 1 *came 2 x hpc7a.96xlarge in us-east-2a, *all have ended*'
	run -0 helper explain "$job"
	diff <(echo "$mine" | sed -E 's/[0-9]+ (s|min) ago//') <(echo "$output" | sed -E 's/[0-9]+ (s|min) ago//')
	run -0 explain "$job" --json
	says_json '.job == $job and (.gangs | length) == 1 and .waits == null and .next == null and .slurm_error == null' --arg job "$job"
	# still nobody else's business
	run ! as_other "$PLAIN" -c /etc/slurm/aws-burst.yaml explain "$job"
}

@test "a job without a script, and one of nodes that are not ours" {
	as_user srun --hold -N 2 -t 5 true &
	wait_for '[ -n "$(in_cluster squeue -h -n true -o %i)" ]' 10
	job=$(in_cluster squeue -h -n true -o %i)
	run -0 explain "$job"
	has '*a batch script: the job has none*'
	has '*node group aws-hpc: 2 nodes for 2 tasks*'
	in_cluster scancel "$job"
	run ! explain 999999
	[[ $output == *'Slurm does not know it'* ]]
	run -2 explain ../../etc/passwd
	[[ $output == *'is no job'* ]]
}
