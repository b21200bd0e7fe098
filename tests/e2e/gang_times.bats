#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# How long a job waits after EC2's no: until slurmctld has it in its queue again.

# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang
load tries

setup_file() {
	cluster_start --conf "$(tries_conf '{"aws": {"throttle_wait_s": 2, "retry_max_attempts": 1}}' \
		"$(node_group hpc "$(types hpc7a.96xlarge c7i.48xlarge | jq '. + {max_nodes: 80}')")")" \
		--slurm ResumeTimeout=90
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

# error ACTION CODE [STATUS]: refused so, each time
error() {
	faults "[{\"action\": \"$1\", \"every\": true, \"error\": {\"code\": \"$2\", \"message\": \"No.\"${3:+, \"status\": $3}}}]"
}

# pools CODE [EFFECT]: each pool of a good answer is refused so
pools() {
	faults "[{\"action\": \"CreateFleet\", \"every\": true, \"pool_error\": {\"code\": \"$1\", \"message\": \"No.\"}${2:+, $2}}]"
}

# lapse WHAT [NODES [SBATCH-ARGUMENT...]]: a job that fails by the present faults, and its milliseconds
lapse() {
	local job ms
	job=$(job hpc "${2:-2}" "${@:3}")
	wait_for "[ -n \"\$(requeue_ms $job)\" ]" 40 || return
	ms=$(requeue_ms "$job" | head -n 1)
	printf '%6d ms  %s\n' "$ms" "$1" | tee -a "$BATS_TEST_TMPDIR/lapses" >&3
	in_cluster scancel "$job"
	faults '[]'
}

@test "from EC2's last answer to the job's requeue: under two seconds in the median of many failures" {
	# these two first: what they give is kept
	error DescribeSubnets UnauthorizedOperation 403
	lapse 'no permission for DescribeSubnets'
	error CreateLaunchTemplateVersion UnauthorizedOperation 403
	lapse 'no permission for CreateLaunchTemplateVersion'
	faults '[{"action": "CreateFleet", "every": true, "capacity": {"default": 0}}]'
	lapse 'no capacity, --efa=required: one try' 2 --efa=required
	faults '[{"action": "CreateFleet", "every": true, "capacity": {"default": 0}}]'
	lapse 'no capacity, --efa=preferred: several tries' 4
	faults '[{"action": "CreateFleet", "every": true, "capacity": {"default": 0}}]'
	lapse 'no capacity, one node' 1
	error CreateFleet InsufficientInstanceCapacity 500
	lapse 'InsufficientInstanceCapacity with HTTP 500'
	faults '[{"action": "CreateFleet", "every": true, "fewer": 1}]'
	lapse 'fewer than asked, which are ended' 3 --efa=required
	pools VcpuLimitExceeded
	lapse 'VcpuLimitExceeded'
	pools InsufficientFreeAddressesInSubnet
	lapse 'InsufficientFreeAddressesInSubnet'
	pools InvalidFleetConfiguration
	lapse 'InvalidFleetConfiguration of each pool'
	pools SomethingNew
	lapse 'a code that nobody knows'
	error CreateFleet UnauthorizedOperation 403
	lapse 'UnauthorizedOperation'
	error CreateFleet RequestLimitExceeded 503
	lapse 'RequestLimitExceeded until throttle_wait_s'
	error CreateFleet InvalidParameterValue 400
	lapse 'InvalidParameterValue'
	error CreateFleet RequestExpired 400
	lapse 'RequestExpired'
	error CreatePlacementGroup UnauthorizedOperation 403
	lapse 'no permission for CreatePlacementGroup' 2 --efa=required
	error DescribeLaunchTemplateVersions InvalidLaunchTemplateName.NotFoundException 400
	lapse 'no such launch template'
	error CreateTags UnauthorizedOperation 403
	lapse 'no permission for CreateTags: the gang had come, and is ended'
	faults '[{"action": "CreateFleet", "every": true, "boot": "die", "instances": 1}]'
	lapse 'an instance that dies in its boot'

	n=$(wc -l <"$BATS_TEST_TMPDIR/lapses")
	median=$(sort -n "$BATS_TEST_TMPDIR/lapses" | sed -n "$(((n + 1) / 2))p" | awk '{print $1}')
	most=$(sort -n "$BATS_TEST_TMPDIR/lapses" | tail -n 1 | awk '{print $1}')
	echo "$n failures: median $median ms, longest $most ms" >&3
	[ "$n" -ge 15 ]
	[ "$median" -lt 2000 ]
	[ "$(wc -l < <(new CreateFleet))" -ge 15 ]
}
