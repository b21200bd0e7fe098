#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Jobs with a type that the built-in table lacks, before and after "catalog refresh"; and who may read
# what came of a job.

# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang

setup_file() {
	cluster_start --slurm PrivateData=cloud,jobs --conf "$(jq -nc '{
		slurm: {requeue_delay_s: 600, partitions: [{partition_name: "aws",
			partition_options: {Default: "YES", MaxTime: "1:00:00", OverSubscribe: "EXCLUSIVE"},
			node_groups: [{
				node_group_name: "new", max_nodes: 4, region: "us-east-2", purchasing_option: "on-demand",
				slurm_specifications: {CPUs: "4", RealMemory: "1000"},
				launch_template_specification: {launch_template_name: "burst-lt", version: "$Latest"},
				launch_template_overrides: [{instance_type: "hpc9a.96xlarge"}],
				subnet_ids: ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"],
				security_group_ids: ["sg-0aaaaaaaaaaaaaaa1"]}]}]}}')" \
		--scenario '{"instance_types": {"hpc9a.96xlarge": {"vcpus": 192, "cores": 192, "threads": 1, "gib": 768,
				"efa": 2, "cards": "2x2", "usage": ["on-demand"]}},
			"offerings": {"hpc9a.96xlarge": ["us-east-2b"]}}'
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
	SEEN=$(wc -l <"$BURST_JOURNAL")
}

teardown() {
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	wait_for settled 60
}

# new ACTION [FILTER]: the helper's requests of this test
new() {
	tail -n "+$((SEEN + 1))" "$BURST_JOURNAL" |
		jq -c "select(.kind == \"request\" and .action == \"$1\" and .access_key == \"$BURST_ACCESS_KEY\") | ${2:-.}"
}

# told JOB PATTERN: its comment says so
told() {
	# shellcheck disable=SC2053 # a pattern
	[[ $(job_field "$1" AdminComment) == $2 ]]
}

# plan_says JOB JQ: what is public of the job, read by its user
plan_says() {
	as_user cat "/var/lib/aws-slurm-burst-public/plan/$1.json" | jq -e "$2"
}

# as_other COMMAND...: as somebody whose job it is not
as_other() {
	in_cluster setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

@test "a type that nobody knows is refused, and the job told what to do" {
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "told $job 'burst: *no allowed type is in the catalogue of *: hpc9a.96xlarge; what is newer is known after \"aws-slurm-burst catalog refresh\"*'" 30
	[ "$(new CreateFleet | wc -l)" -eq 0 ]
	# its user reads the same without sudo, and nobody else does: PrivateData=jobs
	wait_for "plan_says $job '.text | contains(\"did not start: no allowed type\")'" 10
	[ "$(stat -c %a "$BURST_PUBLIC/plan")" = 711 ]
	run -1 as_other cat "/var/lib/aws-slurm-burst-public/plan/$job.json"
	[[ $output == *'Permission denied' ]]
}

@test "after a refresh it is used, with EFA, in the zone that sells it" {
	run -0 helper catalog refresh
	job=$(submit -N 2 -t 5 --efa=required --wrap true)
	wait_for "told $job 'burst: 2 x hpc9a.96xlarge on-demand us-east-2b, EFA*'" 30
	[ "$(new CreateFleet '.params.LaunchTemplateConfigs[].Overrides[] | [.InstanceType, .SubnetId]')" = \
		'["hpc9a.96xlarge","subnet-0aaaaaaaaaaaaaaa2"]' ]
	[ "$(new CreateLaunchTemplateVersion '.params.LaunchTemplateData.NetworkInterfaces |
		map([.NetworkCardIndex, .DeviceIndex, .InterfaceType])')" = \
		'[[0,0,"interface"],[0,1,"efa-only"],[1,0,"efa-only"]]' ]
	run -0 helper explain "$job" --json
	[[ $output == *'refused hpc9a.96xlarge subnet-0aaaaaaaaaaaaaaa1 us-east-2a: EC2 does not offer it in us-east-2a'* ]]
	wait_for "plan_says $job '.user == \"$BURST_USER\" and (.text | contains(\"hpc9a.96xlarge\"))'" 10
	run -0 as_other "$BURST_PREFIX/bin/aws-slurm-burst" catalog list --region us-east-2 --type 'hpc9*'
	[[ ${lines[2]} == *' EC2   b' ]]
}

@test "where jobs are nobody's secret everybody reads their plans" {
	sed -i 's/^PrivateData=.*/PrivateData=cloud/' "$BURST_DIR/etc/slurm/slurm.conf"
	in_cluster scontrol reconfigure
	job=$(submit -N 1 -t 5 -w aws-new-3 --efa=disabled --wrap true)
	wait_for "as_other cat /var/lib/aws-slurm-burst-public/plan/$job.json" 30
	[ "$(stat -c %a "$BURST_PUBLIC/plan")" = 755 ]
}
