#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# EC2's limits of requests: many processes keep them together, and what EC2 refuses all the same is asked again
# later, by the same request. Here EC2 gives a fifth of what AWS does, and we are told to take a fifth.

# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang

setup_file() {
	cluster_start --nodes 80 --boot none --slurm SuspendTimeout=5 \
		--conf '{"aws": {"api_share_percent": 20}, "slurm": {"requeue_delay_s": 600, "max_attempts": 1}}' \
		--scenario '{"throttling": {
			"CreateFleet": [10, 1], "CreatePlacementGroup": [10, 1], "DeletePlacementGroup": [10, 1],
			"CreateTags": [20, 2], "CreateLaunchTemplateVersion": [20, 1],
			"DescribeInstances": [20, 4], "DescribeInstances:all": [20, 4], "DescribePlacementGroups": [20, 4],
			"DescribePlacementGroups:all": [20, 4], "DescribeLaunchTemplateVersions": [20, 4], "DescribeSubnets": [20, 4],
			"TerminateInstances": [20, 1], "TerminateInstances:instances": [200, 4]}}'
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
	wait_for settled 90
}

# new ACTION [FILTER]: the helper's requests of this test
new() {
	tail -n "+$((SEEN + 1))" "$BURST_JOURNAL" |
		jq -c "select(.kind == \"request\" and .action == \"$1\" and .access_key == \"$BURST_ACCESS_KEY\") | ${2:-.}"
}

# refused: which of the helper's requests of this test EC2 throttled
refused() {
	tail -n "+$((SEEN + 1))" "$BURST_JOURNAL" |
		jq -r "select(.error == \"RequestLimitExceeded\" and .access_key == \"$BURST_ACCESS_KEY\").action"
}

# throttle EFFECT...: RequestLimitExceeded for these calls from now on; ACTION, or ACTION/N: the first N
throttle() {
	local rule rules='[]' call
	for rule; do
		if [[ $rule == */* ]]; then
			for ((call = 1; call <= ${rule#*/}; call++)); do
				rules=$(jq -c --arg action "${rule%/*}" --argjson call $call '. + [{$action, $call}]' <<<"$rules")
			done
		else
			rules=$(jq -c --arg action "$rule" '. + [{$action, every: true}]' <<<"$rules")
		fi
	done
	faults "$(jq -c 'map(. + {error: {code: "RequestLimitExceeded", message: "Request limit exceeded.", status: 503}})' <<<"$rules")"
}

# came JOB: its gang has come
came() {
	[[ $(job_field "$1" AdminComment) == 'burst: 2 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group '* ]]
}

# came_once JOB: by one launch, in the first start of the job
came_once() {
	wait_for "came $1" 90
	[ "$(job_field "$1" Restarts)" = 0 ]
	[ "$(new CreateFleet .params.ClientToken | sort -u | wc -l)" -eq 1 ]
	[ "$(new CreateFleet 'select(.error == null)' | wc -l)" -eq 1 ]
	[ "$(live_count)" -eq 2 ]
}

@test "30 gangs at once: all come and go within EC2's limits" {
	in_cluster scontrol update partitionname=aws state=down
	job=$(submit -N 2 -t 5 --array=0-29 --efa=required --wrap 'sleep 300')
	in_cluster scontrol update partitionname=aws state=up
	# 20 requests more than the bucket of CreateFleet holds, 40 of CreateTags
	wait_for '[ "$(in_cluster scontrol -o show job | grep -c "AdminComment=burst: 2 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group")" -eq 30 ]' 120
	[ "$(new CreateFleet 'select(.error == null)' | wc -l)" -eq 30 ]
	[ "$(live_count)" -eq 60 ]
	in_cluster scancel "$job"
	wait_for settled 120
	[ "$(new TerminateInstances 'select(.error == null).params.InstanceIds[]' | sort -u | wc -l)" -eq 60 ]
	# each group was deleted by one process, not asked for by all
	[ "$(new DeletePlacementGroup 'select(.error == "InvalidPlacementGroup.Unknown")' | wc -l)" -le 2 ]
	# our clock and EC2's are not read at the same moment, least of all on a machine with other work; of hundreds of
	# requests a tenth would be refused where each process counted for itself
	refused | sort | uniq -c
	[ "$(refused | wc -l)" -le 10 ]
}

@test "CreateFleet is throttled for a while: the same request is sent again, ever later, until it is let through" {
	throttle CreateFleet
	job=$(submit -N 2 -t 5 --efa=required --wrap 'sleep 300')
	wait_for '[ "$(new CreateFleet | wc -l)" -ge 3 ]' 60
	faults '[]'
	came_once "$job"
	[ "$(new CreateFleet | wc -l)" -le 8 ]
	run -0 helper explain "$job"
	[[ $output != *apacity*ailed* ]]
	# one try: nothing was learnt of the pool
	[ "$(grep -cE "job=$job .*try [0-9]+: 2 x" "$BURST_LOG")" -eq 1 ]
}

@test "CreateFleet is throttled for longer than aws.throttle_wait_s: back in the queue, and no failed start" {
	sed -i 's/^aws:/aws:\n  throttle_wait_s: 3/' "$BURST_CONF"
	throttle CreateFleet
	job=$(submit -N 2 -t 5 --efa=required --wrap 'sleep 300')
	wait_for '[ -n "$(new CreateFleet)" ]' 60
	# by full jitter it might start again within a second
	partition down
	wait_for "[[ \$(job_field $job AdminComment) == 'burst: CreateFleet: RequestLimitExceeded: '*'; tried again not before '* ]]" 60
	[[ $(job_field "$job" AdminComment) != *apacity* ]]
	# max_attempts is 1, and it is not held
	wait_for "job_is $job PENDING" 10
	[ "$(job_field "$job" Reason | cut -d' ' -f1)" != JobHeldUser ]
	[ "$(live_count)" -eq 0 ]
	# nothing is remembered of the pools
	run -0 helper open aws-hpc
	[[ $output != *forgotten* ]]
	faults '[]'
	SEEN=$(wc -l <"$BURST_JOURNAL")
	in_cluster scontrol update job="$job" starttime=now
	partition up
	wait_for "came $job" 60
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
}

@test "all other requests of a gang's way up are throttled at first: it comes by one launch" {
	helper open aws-hpc # what is kept of the subnets is forgotten
	throttle DescribeSubnets/2 CreatePlacementGroup/2 DescribePlacementGroups/2 DescribeLaunchTemplateVersions/2 \
		DescribeInstances/2 CreateTags/3
	job=$(submit -N 2 -t 5 --efa=required --wrap 'sleep 300')
	came_once "$job"
	[ "$(refused | sort | uniq -c | awk '{print $2 "/" $1}' | tr '\n' ' ')" = 'CreatePlacementGroup/2 CreateTags/3 DescribeInstances/2 DescribeLaunchTemplateVersions/2 DescribePlacementGroups/2 DescribeSubnets/2 ' ]
}

@test "TerminateInstances and what follows it are throttled at first: nothing stays" {
	job=$(submit -N 2 -t 5 --efa=required --wrap 'sleep 300')
	came_once "$job"
	throttle TerminateInstances/3 DescribeInstances/3 DeletePlacementGroup/2
	in_cluster scancel "$job"
	wait_for '[ "$(live_count)" -eq 0 ]' 60
	wait_for '[ "$(refused | grep -c TerminateInstances)" -eq 3 ]' 5
	wait_for settled 60
}
