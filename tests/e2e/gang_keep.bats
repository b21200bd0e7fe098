#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 5
#
# What is known to be impossible is not asked for, and what nobody needs any more goes: free addresses, vCPU
# quotas, the quota of placement groups, derived versions of the launch template.

# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang

setup_file() {
	local group='{
		node_group_name: $name, max_nodes: $nodes, region: "us-east-2", purchasing_option: "on-demand",
		slurm_specifications: {CPUs: "4", RealMemory: "1000"},
		launch_template_specification: {launch_template_name: "burst-lt", version: "$Latest"},
		launch_template_overrides: [{instance_type: $type}], subnet_ids: [$subnet],
		security_group_ids: ["sg-0aaaaaaaaaaaaaaa1"]}'
	local hpc tiny
	hpc=$(jq -nc --arg name hpc --argjson nodes 8 --arg type hpc7a.96xlarge --arg subnet subnet-0aaaaaaaaaaaaaaa1 "$group")
	tiny=$(jq -nc --arg name tiny --argjson nodes 12 --arg type c5n.18xlarge --arg subnet subnet-0aaaaaaaaaaaaaaa3 "$group")
	# 5 x 192 vCPUs of HPC, 13 x 72 of the others; the last subnet has 11 addresses to give
	cluster_start --conf "$(jq -nc --argjson hpc "$hpc" --argjson tiny "$tiny" '{
		launch: {placement_group_quota: 2, keep_template_versions: 1},
		slurm: {requeue_delay_s: 5, partitions: [{partition_name: "aws",
			partition_options: {Default: "YES", MaxTime: "1:00:00", OverSubscribe: "EXCLUSIVE"},
			node_groups: [$hpc, $tiny]}]}}')" \
		--scenario '{
			"quotas": {"on-demand": {"hpc": 960, "standard": 936}, "placement-groups": 2},
			"subnets": [
				{"id": "subnet-0aaaaaaaaaaaaaaa1", "az": "us-east-2a", "cidr": "10.77.1.0/24"},
				{"id": "subnet-0aaaaaaaaaaaaaaa3", "az": "us-east-2c", "cidr": "10.77.3.0/28"}]}'
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
	# each test counts its own requests
	SEEN=$(wc -l <"$BURST_JOURNAL")
}

teardown() {
	faults '[]'
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	wait_for settled 60
}

# new ACTION [FILTER]: the helper's requests of this test
new() {
	tail -n "+$((SEEN + 1))" "$BURST_JOURNAL" |
		jq -c "select(.kind == \"request\" and .action == \"$1\" and .access_key == \"$BURST_ACCESS_KEY\") | ${2:-.}"
}

# told JOB PATTERN: the job is back in the queue, and its comment says so
told() {
	# shellcheck disable=SC2053 # a pattern
	[[ $(job_field "$1" AdminComment) == $2 ]]
}

# quiet: no gang is under way, and no process of ours
quiet() {
	[ -z "$(helper status --json | jq -r '.gangs[]')" ] && ! in_cluster pgrep -x aws-slurm-burst
}

# others_groups: groups that somebody else has, to fill the quota
others_groups() {
	for name in "$@"; do
		ec2 create_placement_group "{\"GroupName\": \"$name\", \"Strategy\": \"cluster\"}"
	done
}

@test "a subnet too small for the gang: told so before any CreateFleet" {
	job=$(submit -N 12 -t 5 --efa=disabled -w 'aws-tiny-[0-11]' --wrap true)
	wait_for "told $job 'burst: *12 nodes need an address each; *subnet-0aaaaaaaaaaaaaaa3 *11*'" 30
	[ "$(new CreateFleet | wc -l)" -eq 0 ]
	[ "$(new CreatePlacementGroup | wc -l)" -eq 0 ]
}

@test "a vCPU quota too small for the gang: told so with the numbers before any CreateFleet" {
	job=$(submit -N 6 -t 5 --efa=required -w 'aws-hpc-[0-5]' --wrap true)
	wait_for "told $job 'burst: *6 x hpc7a.96xlarge need 1152 vCPUs, but the on-demand quota of HPC instances has 960 left: ask AWS for a higher quota (L-F7808C92)*'" 30
	[ "$(new CreateFleet | wc -l)" -eq 0 ]
	[ "$(new CreatePlacementGroup | wc -l)" -eq 0 ]
}

@test "what runs already is taken off the quota; the rest is asked once, not for every gang" {
	first=$(submit -N 1 -t 5 --efa=disabled -w 'aws-hpc-0' --wrap 'sleep 300')
	wait_for "told $first 'burst: 1 x *'" 60
	job=$(submit -N 5 -t 5 --efa=disabled -w 'aws-hpc-[1-5]' --wrap true)
	wait_for "told $job 'burst: *5 x hpc7a.96xlarge need 960 vCPUs, but *has 768 left*'" 30
	again=$(submit -N 5 -t 5 --efa=disabled -w 'aws-hpc-[3-7]' --wrap true)
	wait_for "told $again 'burst: *has 768 left*'" 30
	# kept for hours; a value that refuses is asked again after a minute at the earliest
	run -0 new GetServiceQuota .params.QuotaCode
	[ "$(sort <<<"$output" | uniq -d)" = '' ]
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
}

@test "free addresses are asked once for gangs that follow each other" {
	one=$(submit -N 12 -t 5 --efa=disabled -w 'aws-tiny-[0-11]' --wrap true)
	wait_for "told $one 'burst: *need an address each*'" 30
	as_user scancel "$one"
	wait_for '! in_cluster scontrol -o show node | grep -v "State=[A-Z+]*POWERED_DOWN "' 30
	two=$(submit -N 12 -t 5 --efa=disabled -w 'aws-tiny-[0-11]' --wrap true)
	wait_for "told $two 'burst: *need an address each*'" 30
	# each time of a request is one at least 15 s after the one before
	times=$(requests DescribeSubnets '[.params.SubnetIds[], (.time | sub("\\.[0-9]+Z$"; "Z") | fromdate)] | @tsv' | jq -r .)
	awk '$1 == last && $2 - time < 14 { exit 1 } { last = $1; time = $2 }' <<<"$(sort <<<"$times")"
}

@test "the account's quota of placement groups reached by own empty ones: they go, the gang comes" {
	faults '[{"action": "DeletePlacementGroup", "every": true, "error": {"code": "InvalidPlacementGroup.InUse", "message": "The placement group is in use."}}]'
	# one after the other: two that count at the same moment do not see each other
	for nodes in 'aws-hpc-[0-1]' 'aws-hpc-[2-3]'; do
		job=$(submit -N 2 -t 5 --efa=required -w "$nodes" --wrap true)
		wait_for "job_is $job COMPLETED" 60
	done
	wait_for quiet 60
	[ "$(ec2_objects group | wc -l)" -eq 2 ]
	faults '[]'
	three=$(submit -N 2 -t 5 --efa=required -w 'aws-hpc-[4-5]' --wrap 'sleep 2')
	wait_for "job_is $three RUNNING" 60
	run -0 job_field "$three" AdminComment
	[[ $output == *", EFA, placement group burst-rehearsal-$three-"* ]]
	grep -q 'the quota is 2: 2 own empty one(s) deleted' "$BURST_LOG"
	[ "$(new CreatePlacementGroup .error | sort -u)" = null ]
}

@test "the quota of placement groups reached by others' groups: theirs stay, a job that may goes on without" {
	others_groups theirs-1 theirs-2
	job=$(submit -N 2 -t 5 --efa=preferred -w 'aws-hpc-[0-1]' --wrap true)
	wait_for "job_is $job COMPLETED" 90
	run -0 job_field "$job" AdminComment
	[[ $output == "burst: 2 x hpc7a.96xlarge "* && $output != *"placement group"* ]]
	[ "$(ec2_objects group .name | sort | tr '\n' ' ')" = '"theirs-1" "theirs-2" ' ]
	[ "$(new DeletePlacementGroup | grep -c theirs)" -eq 0 ]
	wait_for '[ "$(live_count)" -eq 0 ]' 60

	# one that must have it is told
	job=$(submit -N 2 -t 5 --efa=required -w 'aws-hpc-[2-3]' --wrap true)
	wait_for "told $job 'burst: *PlacementGroupLimitExceeded*'" 60
	ec2 delete_placement_group '{"GroupName": "theirs-1"}'
	ec2 delete_placement_group '{"GroupName": "theirs-2"}'
	in_cluster scontrol update job="$job" starttime=now
	wait_for "job_is $job COMPLETED" 120
}

@test "derived versions of the launch template: one of each layout is kept, the site's own all" {
	site='[]'
	for round in 1 2 3; do
		template=$(ec2_objects template .id | jq -r .)
		site=$(ec2 create_launch_template_version "{\"LaunchTemplateId\": \"$template\", \"SourceVersion\": \"1\", \"VersionDescription\": \"site $round\", \"LaunchTemplateData\": {\"InstanceType\": \"hpc7a.96xlarge\"}}" |
			jq -c --argjson site "$site" '$site + [.LaunchTemplateVersion.VersionNumber]')
		job=$(submit -N 1 -t 5 --efa=disabled -w "aws-hpc-$round" --wrap true)
		wait_for "job_is $job COMPLETED" 60
	done
	versions=$(ec2 describe_launch_template_versions "{\"LaunchTemplateId\": \"$template\"}" |
		jq -c '[.LaunchTemplateVersions[] | {(.VersionNumber | tostring): .VersionDescription}] | add')
	# $Latest was ours after each round, yet never a source
	[ "$(jq -c '[.[] | select(. and startswith("aws-slurm-burst of rehearsal: ") and (contains(" 1 interface(s)")))] | length' <<<"$versions")" -eq 1 ]
	jq -e --argjson site "$site" '[.[]] | any(. == "aws-slurm-burst of rehearsal: 1 interface(s) of version \($site[2])")' <<<"$versions"
	jq -e --argjson site "$site" '. as $v | $site + [1] | all(. as $n | $v | has($n | tostring))' <<<"$versions"
	# what is used again is not derived again
	before=$(request_count CreateLaunchTemplateVersion)
	job=$(submit -N 1 -t 5 --efa=disabled -w aws-hpc-4 --wrap true)
	wait_for "job_is $job COMPLETED" 60
	[ "$(request_count CreateLaunchTemplateVersion)" -eq "$before" ]
}
