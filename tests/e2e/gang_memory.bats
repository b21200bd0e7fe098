#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What gave nothing is remembered in state.db for a while: the next job does not begin with it. Nothing is
# ever left untried because of that.
#
# Partition one has a node group of one pool, to let that pool fail by itself; partition all has it among others.

# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang

# a helper that was waiting for its gang's boot when slurmctld was restarted
ALLOWED_ERRORS+='
power_save: orphaning .*process'

setup_file() {
	local partitions
	partitions=$(jq -nc '
		def group($nodes; $types; $subnets): {
			node_group_name: "hpc", max_nodes: $nodes, region: "us-east-2", purchasing_option: "on-demand",
			slurm_specifications: {CPUs: "4", RealMemory: "1000"},
			launch_template_specification: {launch_template_name: "burst-lt", version: "$Default"},
			launch_template_overrides: [$types[] | {instance_type: .}],
			subnet_ids: [$subnets[] | "subnet-0aaaaaaaaaaaaaaa\(.)"],
			security_group_ids: ["sg-0aaaaaaaaaaaaaaa1"]};
		def partition($name; $group): {
			partition_name: $name, node_groups: [$group],
			partition_options: {Default: (if $name == "all" then "YES" else "NO" end), MaxTime: "1:00:00",
				OverSubscribe: "EXCLUSIVE"}};
		[partition("one"; group(40; ["hpc7a.96xlarge"]; [1])),
		 partition("all"; group(40; ["hpc7a.96xlarge", "c7i.48xlarge"]; [1, 2]))]')
	# jobs that were sent back do not come again by themselves
	cluster_start --boot none --slurm SuspendTimeout=5 \
		--conf "{\"slurm\": {\"requeue_delay_s\": 600, \"partitions\": $partitions}, \"launch\": {\"check_quotas\": false}}"
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
	cp "$BURST_CONF" "$BATS_TEST_TMPDIR/conf"
	SEEN=$(wc -l <"$BURST_JOURNAL")
}

teardown() {
	[[ -z ${BATS_TEST_SKIPPED:-} ]] || return 0
	faults '[]'
	put_back "$BATS_TEST_TMPDIR/conf" "$BURST_CONF"
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	helper open one-hpc
	helper open all-hpc
}

# capacity JSON: from now on
capacity() {
	faults "[{\"action\": \"CreateFleet\", \"every\": true, \"capacity\": $1}]"
}

# refuse CODE: what hpc7a.96xlarge in us-east-2a says, from now on
refuse() {
	faults "[{\"action\": \"CreateFleet\", \"every\": true, \"pool_error\": {\"code\": \"$1\", \"message\": \"No.\", \"type\": \"hpc7a.96xlarge\", \"az\": \"us-east-2a\"}}]"
}

# asked: for each CreateFleet since the test's start, or `again`, what it asked: hpc7a/1 hpc7a/2 ...
asked() {
	tail -n "+$((SEEN + 1))" "$BURST_JOURNAL" |
		jq -r 'select(.kind == "request" and .action == "CreateFleet") | [.params.LaunchTemplateConfigs[].Overrides[]]
			| sort_by(.Priority) | map((.InstanceType | split(".")[0]) + "/" + .SubnetId[-1:]) | join(" ")'
}

# again: count requests from here
again() {
	SEEN=$(wc -l <"$BURST_JOURNAL")
}

# came JOB TEXT: its gang has come, and its comment says so
came() {
	wait_for "[[ \$(job_field $1 AdminComment) == 'burst: '*\"$2\"* ]]" 30
}

# failed PARTITION NODES [CODE]: a job whose gang does not come
failed() {
	failed_job=$(submit -p "$1" -N "$2" -t 5 --wrap true)
	wait_for "[[ \$(job_field $failed_job AdminComment) == 'burst: EC2 gave 0 of $2 '*'${3:-InsufficientInstanceCapacity}'*'tried again not before'* ]]" 30
	as_user scancel "$failed_job"
}

WITHOUT='hpc7a/2 c7i/1 c7i/2'
WHOLE='hpc7a/1 hpc7a/2 c7i/1 c7i/2'

@test "the next job, of another node group too, does not begin with the pool that just failed" {
	capacity '{"hpc7a.96xlarge/us-east-2a": 0}'
	failed one 2
	again
	job=$(submit -p all -N 2 -t 5 --wrap 'sleep 300')
	came "$job" '2 x hpc7a.96xlarge on-demand us-east-2b, EFA, placement group'
	[ "$(asked)" = "$WITHOUT" ]
	# it says why
	run -0 helper explain "$job"
	said=$(tr -s ' \n' ' ' <<<"$output")
	[[ $said =~ 'refused hpc7a.96xlarge subnet-0aaaaaaaaaaaaaaa1 us-east-2a: failed recently (InsufficientInstanceCapacity '[0-9]+' s ago): asked after the others' ]]
}

@test "it is known after a restart of slurmctld, and later requests may have the pool" {
	capacity '{"hpc7a.96xlarge/us-east-2a": 0}'
	failed one 2
	"$REHEARSAL/cluster" daemon "$BURST_DIR" slurmctld restart
	again
	# now it alone has some
	capacity '{"hpc7a.96xlarge/us-east-2b": 0, "c7i.48xlarge": 0}'
	job=$(submit -p all -N 2 -t 5 --wrap 'sleep 300')
	came "$job" '2 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group'
	[ "$(asked | head -n 1)" = "$WITHOUT" ]
	[ "$(asked | tail -n 1)" = hpc7a/1 ]
}

@test "after launch.pool_memory_s it is asked first again" {
	sed -i 's/^launch:/launch:\n  pool_memory_s: 20/' "$BURST_CONF"
	capacity '{"hpc7a.96xlarge/us-east-2a": 0}'
	failed one 2
	local end=$((SECONDS + 21))
	again
	job=$(submit -p all -N 2 -t 5 --wrap 'sleep 300')
	came "$job" us-east-2b
	[ "$(asked)" = "$WITHOUT" ]
	faults '[]'
	sleep $((end > SECONDS ? end - SECONDS : 0))
	again
	job=$(submit -p all -N 2 -t 5 --wrap 'sleep 300')
	came "$job" us-east-2a
	[ "$(asked)" = "$WHOLE" ]
}

@test "a smaller gang is not hindered by the failure of a larger one" {
	capacity '{"hpc7a.96xlarge/us-east-2a": 3}'
	failed one 4
	again
	job=$(submit -p all -N 3 -t 5 --wrap 'sleep 300')
	came "$job" '3 x hpc7a.96xlarge on-demand us-east-2a'
	[ "$(asked)" = "$WHOLE" ]
}

@test "a gang of the size that failed begins elsewhere" {
	capacity '{"hpc7a.96xlarge/us-east-2a": 3}'
	failed one 4
	again
	job=$(submit -p all -N 4 -t 5 --wrap 'sleep 300')
	came "$job" '4 x hpc7a.96xlarge on-demand us-east-2b'
	[ "$(asked)" = "$WITHOUT" ]
}

@test "when all pools have failed recently, the job is tried all the same" {
	capacity '{"hpc7a.96xlarge": 0, "c7i.48xlarge": 0}'
	failed all 2
	faults '[]'
	again
	job=$(submit -p all -N 2 -t 5 --wrap 'sleep 300')
	came "$job" '2 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group'
	[ "$(asked)" = "$WHOLE" ]
	# and what gave is not held against its pool any more, as it is against the others
	again
	job=$(submit -p all -N 2 -t 5 --wrap 'sleep 300')
	came "$job" '2 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group'
	[ "$(asked)" = hpc7a/1 ]
}

@test "aws-slurm-burst open forgets what failed" {
	capacity '{"hpc7a.96xlarge/us-east-2a": 0}'
	failed one 2
	run -0 helper open one-hpc
	[[ $output == *'forgotten: hpc7a.96xlarge in us-east-2a, on-demand'*': InsufficientInstanceCapacity for 2 nodes at '* ]]
	faults '[]'
	again
	job=$(submit -p all -N 2 -t 5 --wrap 'sleep 300')
	came "$job" us-east-2a
	[ "$(asked)" = "$WHOLE" ]
}

@test "a subnet without addresses: no type is asked for there, until it is known better" {
	refuse InsufficientFreeAddressesInSubnet
	failed one 2 InsufficientFreeAddressesInSubnet
	faults '[]'
	again
	job=$(submit -p all -N 2 -t 5 --wrap 'sleep 300')
	came "$job" us-east-2b
	[ "$(asked)" = 'hpc7a/2 c7i/2' ]
}

@test "a quota that is reached: none of its types is asked for first, anywhere" {
	refuse VcpuLimitExceeded
	failed one 2 VcpuLimitExceeded
	faults '[]'
	again
	job=$(submit -p all -N 2 -t 5 --wrap 'sleep 300')
	came "$job" c7i.48xlarge
	[ "$(asked)" = 'c7i/1 c7i/2' ]
}

@test "an answer that says nothing of the pool is not held against it" {
	faults '[{"action": "CreateFleet", "call": 1, "error": {"code": "InvalidParameterValue", "message": "No."}}]'
	job=$(submit -p one -N 2 -t 5 --wrap true)
	wait_for "[[ \$(job_field $job AdminComment) == *InvalidParameterValue*'; held: '* ]]" 30
	again
	job=$(submit -p all -N 2 -t 5 --wrap 'sleep 300')
	came "$job" us-east-2a
	[ "$(asked)" = "$WHOLE" ]
}
