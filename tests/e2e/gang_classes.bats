#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What EC2 may answer, one scenario for each class of it: how often it is asked, what the job is told, and
# when it begins again.

# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang
load tries

setup_file() {
	local west='{"region": "us-west-2", "subnet_ids": ["subnet-0bbbbbbbbbbbbbbb1", "subnet-0bbbbbbbbbbbbbbb2"]}'
	local groups=()
	groups+=("$(node_group hpc '{"max_nodes": 64}')")
	groups+=("$(node_group west "$(types hpc7a.96xlarge c7i.48xlarge | jq ". + $west")")")
	groups+=("$(node_group spot "$(types c7i.48xlarge | jq '. + {purchasing_option: "spot"}')")")
	# Classes with a back-off of their own are told from those with the site's. No test waits for a boot.
	# us-west-2 tells of the first pool only.
	cluster_start --boot none --conf "$(tries_conf '{
			"slurm": {"requeue_delay_s": 100, "max_attempts": 5},
			"aws": {"throttle_wait_s": 2}}' "${groups[@]}")" \
		--scenario '{"regions": {"us-west-2": {"fleet_errors": "first"}}}'
}

teardown_file() {
	wait_for settled 90
	cluster_stop
}

setup() {
	need_helper
	begin_test
}

teardown() {
	end_test
}

# refuse CODE MESSAGE STATUS [WHICH]: what CreateFleet answers, always or as WHICH says
refuse() {
	faults "$(jq -nc --arg code "$1" --arg message "$2" --argjson status "$3" --argjson which "${4:-{\"every\": true\}}" \
		'[{action: "CreateFleet", error: {code: $code, message: $message, status: $status}} + $which]')"
}

# pools CODE MESSAGE [WHERE]: what CreateFleet's pools answer; WHERE: {"type": …}
pools() {
	faults "$(jq -nc --arg code "$1" --arg message "$2" --argjson where "${3:-{\}}" \
		'[{action: "CreateFleet", every: true, pool_error: ({code: $code, message: $message} + $where)}]')"
}

# same_request N: N requests were sent, and they are the same, byte for byte as far as EC2 sees
same_request() {
	[ "$(new CreateFleet | wc -l)" -eq "$1" ] && [ "$(new CreateFleet .params | sort -u | wc -l)" -eq 1 ]
}

# never_again: the job has begun, and does not begin again: by full jitter it might within a second
never_again() {
	wait_for '[ -n "$(new CreateFleet)" ]' 30
	partition down
}

# held JOB: it is, by its user's right to release it
held() {
	wait_for "job_is $1 PENDING && [[ \$(job_field $1 Reason) == JobHeldUser* ]]" 20
}

@test "out of order: the same request for a while, then told so, and nothing forgotten" {
	refuse Unavailable 'The server is overloaded and cannot handle the request.' 503
	job=$(job hpc 2 --efa=required)
	never_again
	fails "$job" "CreateFleet: Unavailable: The server is overloaded and cannot handle the request. (request id *); AWS or the way to it is out of order; tried again not before ??:??:??"
	begins "$job" -100 100
	# three by the client, and no more than that in a few seconds while its instances are looked for by their tag
	n=$(new CreateFleet | wc -l)
	((n >= 3 && n <= 45))
	same_request "$n"
	run -0 helper explain "$job" --json
	[ "$(jq -c '.gangs[0] | [.held, (.tries[] | [.class, .code])]' <<<"$output")" = '[false,["transient","Unavailable"]]' ]
	groups_later
}

@test "capacity: one request, the site's back-off" {
	pools InsufficientInstanceCapacity 'We currently do not have sufficient capacity.'
	job=$(job hpc 2 --efa=required)
	fails "$job" "EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: We currently do not have sufficient capacity; also refused: hpc7a.96xlarge in us-east-2b; more allowed instance types or zones, or fewer nodes, would help; tried again not before ??:??:??"
	begins "$job" 50 100
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
}

@test "capacity in a 500: not taken for a disturbance, one request" {
	refuse InsufficientInstanceCapacity 'We currently do not have sufficient capacity.' 500
	job=$(job hpc 2 --efa=required)
	fails "$job" "CreateFleet: InsufficientInstanceCapacity: We currently do not have sufficient capacity. (request id *); more allowed instance types or zones, or fewer nodes, would help; tried again not before ??:??:??"
	begins "$job" 50 100
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
}

VCPUS='You have requested more vCPU capacity than your current vCPU limit of 384 allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.'

@test "quota: the types that share it are not asked for again, those of another are" {
	faults "$(jq -nc --arg message "$VCPUS" '[
		{action: "CreateFleet", call: 1, pool_error: {type: "hpc7a.96xlarge", code: "VcpuLimitExceeded", message: $message}},
		{action: "CreateFleet", call: 1, pool_error: {type: "c7i.48xlarge", code: "InsufficientInstanceCapacity", message: "None."}}]')"
	job=$(job west 2 --efa=required)
	comes "$job" "2 x c7i.48xlarge on-demand us-west-2a, EFA, placement group burst-rehearsal-$job-*"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@b1 hpc7a.96xlarge@b2 c7i.48xlarge@b1 c7i.48xlarge@b2' \
		'2/2 on-demand, EFA, group: c7i.48xlarge@b1 c7i.48xlarge@b2'
}

@test "quota: no use to ask soon again, and whom to ask instead" {
	pools VcpuLimitExceeded "$VCPUS"
	job=$(job hpc 2 --efa=preferred)
	fails "$job" "EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: VcpuLimitExceeded: ${VCPUS%.}; also refused: hpc7a.96xlarge in us-east-2b; ask AWS for a higher quota or use fewer nodes; tried again not before ??:??:??"
	begins "$job" 530 600
	# neither the placement group nor EFA is what it lacks
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
}

@test "quota of spot instances: on-demand has another" {
	with fallback_on_demand=true
	faults '[{"action": "CreateFleet", "every": true, "match": {"TargetCapacitySpecification.DefaultTargetCapacityType": "spot"},
		"pool_error": {"code": "MaxSpotInstanceCountExceeded", "message": "Max spot instance count exceeded"}}]'
	job=$(job spot 2 --efa=required)
	comes "$job" "2 x c7i.48xlarge on-demand us-east-2a, EFA, placement group burst-rehearsal-$job-*"
	was_asked '2/2 spot, EFA, group: c7i.48xlarge@a1 c7i.48xlarge@a2' \
		'2/2 on-demand, EFA, group: c7i.48xlarge@a1 c7i.48xlarge@a2'
}

@test "addresses: no type is asked for again in that subnet, the other is" {
	faults '[{"action": "CreateFleet", "call": 1, "pool_error": {"subnet": "subnet-0bbbbbbbbbbbbbbb1", "code": "InsufficientFreeAddressesInSubnet", "message": "There are not enough free addresses."}},
		{"action": "CreateFleet", "call": 1, "pool_error": {"subnet": "subnet-0bbbbbbbbbbbbbbb2", "code": "InsufficientInstanceCapacity", "message": "None."}}]'
	job=$(job west 2 --efa=required)
	comes "$job" "2 x hpc7a.96xlarge on-demand us-west-2b, EFA, placement group burst-rehearsal-$job-*"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@b1 hpc7a.96xlarge@b2 c7i.48xlarge@b1 c7i.48xlarge@b2' \
		'2/2 on-demand, EFA, group: hpc7a.96xlarge@b2 c7i.48xlarge@b2'
}

@test "addresses: none anywhere" {
	pools InsufficientFreeAddressesInSubnet 'There are not enough free addresses.'
	job=$(job hpc 2 --efa=preferred)
	fails "$job" "EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: InsufficientFreeAddressesInSubnet: There are not enough free addresses; also refused: hpc7a.96xlarge in us-east-2b; free addresses in the subnet or allow another one; tried again not before ??:??:??"
	begins "$job" 50 100
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
}

@test "throttling: the same request for a while, then told as throttling, and no failed start" {
	with max_attempts=1
	refuse RequestLimitExceeded 'Request limit exceeded.' 503
	job=$(job hpc 2 --efa=required)
	never_again
	fails "$job" "CreateFleet: RequestLimitExceeded: Request limit exceeded. (request id *); throttled ? times in 2 s; this account sends more requests than AWS takes at a time; tried again not before ??:??:??"
	begins "$job" -100 60
	run -0 job_field "$job" AdminComment
	[[ ${output,,} != *capacity* ]]
	n=$(new CreateFleet | wc -l)
	((n >= 2 && n <= 12))
	same_request "$n"
	run -0 helper explain "$job" --json
	[ "$(jq -c '.gangs[0] | [.held, (.tries[] | [.class, .code])]' <<<"$output")" = '[false,["throttle","RequestLimitExceeded"]]' ]
}

@test "out of order for a moment: the same request again" {
	refuse Unavailable 'The server is overloaded and cannot handle the request.' 503 '{"call": 1}'
	job=$(job hpc 2 --efa=required)
	comes "$job" "2 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group burst-rehearsal-$job-*"
	same_request 2
	[ "$(live_count)" -eq 2 ]
}

@test "consistency: EC2 does not know yet what it has just made; the same request again" {
	refuse InvalidLaunchTemplateId.VersionNotFound 'Could not find the specified version for the launch template.' 400 '{"call": 1}'
	job=$(job hpc 2 --efa=required)
	comes "$job" "2 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group burst-rehearsal-$job-*"
	same_request 2
}

@test "configuration: held at once, since only a person can mend it" {
	refuse InvalidParameterValue 'Value (foo) for parameter bar is invalid.' 400
	job=$(job hpc 2 --efa=preferred)
	fails "$job" "CreateFleet: InvalidParameterValue: Value (foo) for parameter bar is invalid. (request id *); held: change the job or the configuration, then scontrol release $job"
	held "$job"
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
	run -0 helper explain "$job"
	[[ $output == *"again    held until somebody acts: scontrol release $job"* ]]
}

@test "configuration of every pool: held at once" {
	pools InvalidParameterCombination 'This and that exclude each other.'
	job=$(job hpc 2 --efa=preferred)
	fails "$job" "EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: InvalidParameterCombination: This and that exclude each other; also refused: hpc7a.96xlarge in us-east-2b; held: change the job or the configuration, then scontrol release $job"
	held "$job"
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
}

@test "authorisation: back-off, and whom to ask" {
	refuse UnauthorizedOperation 'You are not authorized to perform this operation.' 403
	job=$(job hpc 2 --efa=preferred)
	fails "$job" "CreateFleet: UnauthorizedOperation: You are not authorized to perform this operation. (request id *); the administrator must see to aws-slurm-burst's AWS credentials and permissions; tried again not before ??:??:??"
	begins "$job" 230 300
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
}

@test "clock: signed again with EC2's time" {
	refuse RequestExpired 'Request has expired.' 400 '{"call": 1}'
	job=$(job hpc 2 --efa=required)
	comes "$job" "2 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group burst-rehearsal-$job-*"
	same_request 2
}

@test "clock: still expired, and who must mend it" {
	refuse RequestExpired 'Request has expired.' 400
	job=$(job hpc 2 --efa=preferred)
	fails "$job" "CreateFleet: RequestExpired: Request has expired. (request id *); the administrator must set the controller's clock right; tried again not before ??:??:??"
	begins "$job" 230 300
	same_request 2
}

@test "a code that nobody knows: back-off, one request, the log has more" {
	refuse SomethingNew 'It is new.' 400
	job=$(job hpc 2 --efa=preferred)
	fails "$job" "CreateFleet: SomethingNew: It is new. (request id *); the administrator finds more in aws-slurm-burst's log; tried again not before ??:??:??"
	begins "$job" 50 100
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
}

@test "a code that nobody knows, of every pool: the same" {
	pools SomethingNew 'It is new.'
	job=$(job hpc 2 --efa=preferred)
	fails "$job" "EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: SomethingNew: It is new; also refused: hpc7a.96xlarge in us-east-2b; the administrator finds more in aws-slurm-burst's log; tried again not before ??:??:??"
	begins "$job" 50 100
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
}

@test "from EC2's last answer to the job's being sent back: under 2 s in the median of all these" {
	answered=$(requests CreateFleet '[(.params.TagSpecifications[0].Tags[] | select(.Key == "burst:job").Value), .time] | join(" ")' |
		jq -r . | sort -k 1,1n -k 2 | awk '{ last[$1] = $2 } END { for (job in last) print job, last[job] }')
	while read -r job time; do
		back=$(sed -nE "s/^(.{24}) error .* job=$job .*sent back: .*/\1/p" "$BURST_LOG" | head -n 1)
		[[ -z $back ]] || echo $((($(date -d "$back" +%s%N) - $(date -d "$time" +%s%N)) / 1000000))
	done <<<"$answered" | sort -n >"$BATS_TEST_TMPDIR/ms"
	n=$(wc -l <"$BATS_TEST_TMPDIR/ms")
	((n >= 10))
	echo "milliseconds: $(paste -sd' ' "$BATS_TEST_TMPDIR/ms")"
	(($(sed -n "$(((n + 1) / 2))p" "$BATS_TEST_TMPDIR/ms") < 2000))
}
