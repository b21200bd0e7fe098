#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The tries of one start: what is asked for next when EC2 has not what was asked for, what never is, and
# what the user and the administrator read of it. A node group for each.

# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang
load tries

setup_file() {
	local west='{"region": "us-west-2", "subnet_ids": ["subnet-0bbbbbbbbbbbbbbb1", "subnet-0bbbbbbbbbbbbbbb2", "subnet-0bbbbbbbbbbbbbbb3"]}'
	local one='{"subnet_ids": ["subnet-0aaaaaaaaaaaaaaa1"]}'
	local groups=()
	groups+=("$(node_group types "$(types hpc7a.96xlarge c7i.48xlarge)")")
	groups+=("$(node_group zones)")
	groups+=("$(node_group hint "$west")")
	groups+=("$(node_group spot "$(types c7i.48xlarge | jq '. + {purchasing_option: "spot"}')")")
	groups+=("$(node_group one "$one")")
	groups+=("$(node_group plain "$(types hpc7a.96xlarge c7i.24xlarge | jq ". + $one")")")
	groups+=("$(node_group away "$(jq -n "$one"' + {other_regions: [{region: "us-west-2",
		launch_template_specification: {launch_template_name: "burst-lt"},
		subnet_ids: ["subnet-0bbbbbbbbbbbbbbb1"], security_group_ids: ["sg-0aaaaaaaaaaaaaaa1"]}]}')")")
	groups+=("$(node_group paid '{"capacity_reservation_ids": ["cr-0aaaaaaaaaaaaaaa1"]}')")
	groups+=("$(node_group block '{"capacity_reservation_ids": ["cr-0aaaaaaaaaaaaaaa2"]}')")
	groups+=("$(node_group loose "$(jq -n "$west"' + {scaling: "best-effort"}')")")
	groups+=("$(node_group wide "$(jq -n "$one"' + {scaling: "best-effort", other_regions: [{region: "us-west-2",
		launch_template_specification: {launch_template_name: "burst-lt"},
		subnet_ids: ["subnet-0bbbbbbbbbbbbbbb1"], security_group_ids: ["sg-0aaaaaaaaaaaaaaa1"]}]}')")")
	# us-west-2 tells of the first pool only
	# no test here waits for a boot
	cluster_start --boot none --conf "$(tries_conf '{}' "${groups[@]}")" \
		--scenario '{
			"regions": {"us-west-2": {"fleet_errors": "first"}},
			"capacity_reservations": [
				{"id": "cr-0aaaaaaaaaaaaaaa1", "type": "hpc7a.96xlarge", "az": "us-east-2b", "total": 3, "match": "targeted"},
				{"id": "cr-0aaaaaaaaaaaaaaa2", "type": "p5.48xlarge", "az": "us-east-2a", "total": 2, "kind": "capacity-block"}]}'
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

@test "another type of the same fleet: one request" {
	none hpc7a.96xlarge
	job=$(job types 2 --efa=required)
	comes "$job" "2 x c7i.48xlarge on-demand us-east-2a, EFA, placement group burst-rehearsal-$job-*"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@a1 hpc7a.96xlarge@a2 c7i.48xlarge@a1 c7i.48xlarge@a2'
}

@test "another zone of the same fleet: one request" {
	none us-east-2a
	job=$(job zones 2 --efa=required)
	comes "$job" "2 x hpc7a.96xlarge on-demand us-east-2b, EFA, placement group burst-rehearsal-$job-*"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@a1 hpc7a.96xlarge@a2'
}

@test "the zone that EC2 names goes first in the next request" {
	faults '[{"action": "CreateFleet", "call": 1, "capacity": {"us-west-2a": 0, "us-west-2b": 0}},
		{"action": "CreateFleet", "call": 1, "pool_error": {"az": "us-west-2c", "code": "InsufficientInstanceCapacity", "message": "Just gone."}}]'
	job=$(job hint 2 --efa=required)
	comes "$job" "2 x hpc7a.96xlarge on-demand us-west-2c, EFA, placement group burst-rehearsal-$job-*"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@b1 hpc7a.96xlarge@b2 hpc7a.96xlarge@b3' \
		'2/2 on-demand, EFA, group: hpc7a.96xlarge@b3 hpc7a.96xlarge@b2'
	# nothing had been in the placement group: it serves again
	[ "$(new CreatePlacementGroup | wc -l)" -eq 1 ]
}

# only of spot, not of on-demand
NO_SPOT='[{"action": "CreateFleet", "every": true, "match": {"TargetCapacitySpecification.DefaultTargetCapacityType": "spot"},
	"pool_error": {"code": "InsufficientInstanceCapacity", "message": "There is no Spot capacity available that matches your request."}}]'

@test "spot, then on-demand where the site allows it" {
	with fallback_on_demand=true
	faults "$NO_SPOT"
	job=$(job spot 2 --efa=required)
	comes "$job" "2 x c7i.48xlarge on-demand us-east-2a, EFA, placement group burst-rehearsal-$job-*"
	was_asked '2/2 spot, EFA, group: c7i.48xlarge@a1 c7i.48xlarge@a2' \
		'2/2 on-demand, EFA, group: c7i.48xlarge@a1 c7i.48xlarge@a2'
	[ "$(new CreatePlacementGroup | wc -l)" -eq 1 ]
}

@test "spot and no spot capacity: never on-demand where the site does not allow it" {
	faults "$NO_SPOT"
	job=$(job spot 2 --efa=preferred)
	fails "$job" "EC2 gave 0 of 2 c7i.48xlarge instances in us-east-2a: *"
	was_asked '2/2 spot, EFA, group: c7i.48xlarge@a1 c7i.48xlarge@a2' \
		'2/2 spot, EFA: c7i.48xlarge@a1 c7i.48xlarge@a2'
	begins "$job" 230 300
}

@test "--efa=preferred: rather without placement group than not at all" {
	faults '[{"action": "CreateFleet", "call": 1, "capacity": {"default": 0}}]'
	job=$(job one 2 --efa=preferred)
	comes "$job" "2 x hpc7a.96xlarge on-demand us-east-2a, EFA, 14.40 USD/h, *"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@a1' '2/2 on-demand, EFA: hpc7a.96xlarge@a1'
}

@test "--efa=required: never without placement group, nor without EFA" {
	none hpc7a.96xlarge
	job=$(job plain 2 --efa=required)
	fails "$job" "EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: *"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@a1'
	begins "$job" 230 300
}

@test "a site that wants no start without placement group: none is made" {
	with fallback_no_placement_group=false
	none default
	job=$(job one 2 --efa=preferred)
	fails "$job" "EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: *"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@a1'
}

@test "--efa=preferred: rather without EFA than not at all, and the job is told" {
	none hpc7a.96xlarge
	job=$(job plain 2 --efa=preferred)
	comes "$job" "2 x c7i.24xlarge on-demand us-east-2a, no EFA, placement group burst-rehearsal-$job-*"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@a1' \
		'2/2 on-demand, EFA: hpc7a.96xlarge@a1' \
		'2/2 on-demand, no EFA, group: c7i.24xlarge@a1'
}

@test "a site that wants no start without EFA: none is made" {
	with fallback_no_efa=false
	none hpc7a.96xlarge
	job=$(job plain 2 --efa=preferred)
	fails "$job" "EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: *"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@a1' '2/2 on-demand, EFA: hpc7a.96xlarge@a1'
}

@test "another region: its template, its subnets, its placement group" {
	none us-east-2a
	job=$(job away 2 --efa=required)
	comes "$job" "2 x hpc7a.96xlarge on-demand us-west-2a, EFA, placement group burst-rehearsal-$job-*"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@a1' '2/2 on-demand, EFA, group: hpc7a.96xlarge@b1'
	[ "$(new CreateFleet .region | tr '\n' ' ')" = '"us-east-2" "us-west-2" ' ]
	[ "$(new CreatePlacementGroup .region | tr '\n' ' ')" = '"us-east-2" "us-west-2" ' ]
	run -0 helper status --json
	[ "$(jq -c '.gangs[0] | [.region, .az]' <<<"$output")" = '["us-west-2","us-west-2a"]' ]
	# and there it is ended, and nothing stays
	in_cluster scancel "$job"
	wait_for gone 30
	[ "$(new TerminateInstances .region | sort -u)" = '"us-west-2"' ]
	[ "$(new DeletePlacementGroup .region | sort | tr '\n' ' ')" = '"us-east-2" "us-west-2" ' ]
}

@test "a capacity reservation goes before everything" {
	job=$(job paid 2 --efa=required)
	comes "$job" "2 x hpc7a.96xlarge reserved us-east-2b, EFA, placement group burst-rehearsal-$job-*"
	was_asked '2/2 on-demand, EFA, cr-0aaaaaaaaaaaaaaa1, group: hpc7a.96xlarge@a2'
}

@test "a capacity reservation without room for all is not asked: ordinary pools are" {
	job=$(job paid 4 --efa=required)
	comes "$job" "4 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group burst-rehearsal-$job-*"
	was_asked '4/4 on-demand, EFA, group: hpc7a.96xlarge@a1 hpc7a.96xlarge@a2'
}

@test "a capacity reservation that somebody takes in this moment: ordinary pools are next" {
	faults '[{"action": "CreateFleet", "call": 1, "pool_error": {"code": "ReservationCapacityExceeded", "message": "The requested reservation does not have sufficient compatible and available capacity for this request."}}]'
	job=$(job paid 2 --efa=required)
	comes "$job" "2 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group burst-rehearsal-$job-*"
	was_asked '2/2 on-demand, EFA, cr-0aaaaaaaaaaaaaaa1, group: hpc7a.96xlarge@a2' \
		'2/2 on-demand, EFA, group: hpc7a.96xlarge@a1 hpc7a.96xlarge@a2'
}

@test "a capacity block goes before everything, and ordinary pools when it is full" {
	job=$(job block 2 --efa=required)
	comes "$job" "2 x p5.48xlarge capacity block us-east-2a, EFA, placement group burst-rehearsal-$job-*"
	was_asked '2/any capacity-block, EFA, cr-0aaaaaaaaaaaaaaa2, group: p5.48xlarge@a1'
	begin_test
	next=$(job block 2 --efa=required)
	comes "$next" "2 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group burst-rehearsal-$next-*"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@a1 hpc7a.96xlarge@a2'
}

@test "best effort: what comes is kept, the next try asks for the rest" {
	faults '[{"action": "CreateFleet", "call": 1, "capacity": {"us-west-2a": 2}},
		{"action": "CreateFleet", "call": 1, "pool_error": {"az": "us-west-2b", "code": "InsufficientInstanceCapacity", "message": "None."}},
		{"action": "CreateFleet", "call": 1, "pool_error": {"az": "us-west-2c", "code": "InsufficientInstanceCapacity", "message": "None."}}]'
	job=$(job loose 4 --efa=preferred)
	comes "$job" "2 x hpc7a.96xlarge on-demand us-west-2a, 2 x hpc7a.96xlarge on-demand us-west-2b, EFA, price unknown"
	was_asked '4/any on-demand, EFA: hpc7a.96xlarge@b1 hpc7a.96xlarge@b2 hpc7a.96xlarge@b3' \
		'2/any on-demand, EFA: hpc7a.96xlarge@b2 hpc7a.96xlarge@b3'
	[ "$(live_count)" -eq 4 ]
	[ "$(ec2_objects instance 'select(.state == "pending" or .state == "running") | .az' | sort | uniq -c | awk '{print $1, $2}' | tr '\n' ' ')" = '2 "us-west-2a" 2 "us-west-2b" ' ]
	run -0 helper status --json
	[ "$(jq -c '[.gangs[0].instances[].node] | sort' <<<"$output")" = '["aws-loose-0","aws-loose-1","aws-loose-2","aws-loose-3"]' ]
	# nodes of such a group stay for the next job
	in_cluster scancel "$job"
	in_cluster scontrol update 'nodename=aws-loose-[0-3]' state=power_down
}

@test "what came in one region is not joined by another region's: the rest goes back" {
	faults '[{"action": "CreateFleet", "every": true, "region": "us-east-2", "capacity": {"default": 2}}]'
	in_cluster scontrol update partitionname=aws state=down
	jobs=("$(job wide 1)" "$(job wide 1)" "$(job wide 1)")
	in_cluster scontrol update partitionname=aws state=up
	fails "${jobs[2]}" "EC2 gave 2 of 3 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: *"
	begins "${jobs[2]}" 230 300
	comes "${jobs[0]}" "1 x hpc7a.96xlarge on-demand us-east-2a, 7.20 USD/h, *"
	comes "${jobs[1]}" "1 x hpc7a.96xlarge on-demand us-east-2a, 7.20 USD/h, *"
	was_asked '3/any on-demand, no EFA: hpc7a.96xlarge@a1'
	[ "$(live_count)" -eq 2 ]
	# nodes of such a group stay for the next job
	in_cluster scancel "${jobs[@]}"
	in_cluster scontrol update 'nodename=aws-wide-[0-2]' state=power_down
}

@test "best effort, and not all came: the job goes back, what came is kept for its next start" {
	# what the test before ended holds capacity until it is gone
	wait_for settled 60
	faults '[{"action": "CreateFleet", "every": true, "region": "us-east-2", "capacity": {"default": 2}}]'
	job=$(job wide 4 --efa=disabled)
	fails "$job" "EC2 gave 2 of 4 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: *"
	was_asked '4/any on-demand, no EFA: hpc7a.96xlarge@a1'
	begins "$job" 230 300
	# longer than the helper takes to see that the job does not wait any more
	sleep 4
	[ "$(live_count)" -eq 2 ]
	# and that asks for the rest
	faults '[]'
	in_cluster scontrol update "job=$job" starttime=now
	says "$job" 'burst: 2 x hpc7a.96xlarge on-demand us-east-2a, 14.40 USD/h, *' 60
	was_asked '4/any on-demand, no EFA: hpc7a.96xlarge@a1' '2/any on-demand, no EFA: hpc7a.96xlarge@a1'
	[ "$(live_count)" -eq 4 ]
	in_cluster scancel "$job"
	in_cluster scontrol update "nodename=$(helper status --json | jq -r '[.gangs[].instances[].node] | join(",")')" state=power_down_force
}

@test "best effort and --efa=required: all or nothing all the same" {
	faults '[{"action": "CreateFleet", "every": true, "capacity": {"us-west-2a": 2, "us-west-2b": 2, "us-west-2c": 2}}]'
	job=$(job loose 4 --efa=required)
	fails "$job" "EC2 gave 0 of 4 hpc7a.96xlarge instances in us-west-2a: InsufficientInstanceCapacity: *"
	was_asked '4/4 on-demand, EFA, group: hpc7a.96xlarge@b1 hpc7a.96xlarge@b2 hpc7a.96xlarge@b3' \
		'4/4 on-demand, EFA, group: hpc7a.96xlarge@b2 hpc7a.96xlarge@b3' \
		'4/4 on-demand, EFA, group: hpc7a.96xlarge@b3'
}

@test "launch.max_tries: no more than these" {
	with max_tries=2
	none hpc7a.96xlarge
	job=$(job plain 2 --efa=preferred)
	fails "$job" "EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: *"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@a1' '2/2 on-demand, EFA: hpc7a.96xlarge@a1'
}

@test "launch.total_time_s: after it no further try is begun" {
	with total_time_s=10
	faults '[{"action": "CreateFleet", "every": true, "delay_ms": 10000, "capacity": {"hpc7a.96xlarge": 0}}]'
	job=$(job plain 2 --efa=preferred)
	fails "$job" "EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: *"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@a1'
}

@test "--burst-cost: what would be dearer is not tried, and the sentence says what failed" {
	none hpc7a.96xlarge
	# 2 x 7.20 an hour are allowed, 2 x 8.568 are not
	job=$(job types 2 --efa=required --burst-cost=15/h)
	fails "$job" "EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: *"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@a1 hpc7a.96xlarge@a2'
	run -0 helper explain "$job" --json
	[ "$(jq -r '.gangs[0].tries[0].reasons[] | select(test("c7i.48xlarge .* us-east-2a"))' <<<"$output")" = \
		'refused c7i.48xlarge subnet-0aaaaaaaaaaaaaaa1 us-east-2a: 17.136 USD/h for 2 nodes is over the limit of 15.00/h' ]
	begins "$job" 230 300
}

@test "all tries of the start, in their order and with EC2's answers: sentence, status, explain" {
	none default
	job=$(job plain 2 --efa=preferred)
	fails "$job" "EC2 gave 0 of 2 hpc7a.96xlarge instances in us-east-2a: InsufficientInstanceCapacity: *"
	begins "$job" 230 300
	run -0 job_field "$job" AdminComment
	[[ $output == *' provisioning additional capacity; then hpc7a.96xlarge in us-east-2a, on-demand, EFA, no placement group: InsufficientInstanceCapacity; c7i.24xlarge in us-east-2a, on-demand, no EFA, placement group: InsufficientInstanceCapacity; c7i.24xlarge in us-east-2a, on-demand, no EFA, no placement group: InsufficientInstanceCapacity; more allowed instance types or zones, or fewer nodes, would help; tried again not before '??:??:?? ]]

	run -0 helper status --all
	[ "$(grep -A 5 "^$job-" <<<"$output" | sed -n '2,5s/^ *//p')" = 'try 1: 2 x hpc7a.96xlarge in us-east-2a, on-demand, EFA, placement group: InsufficientInstanceCapacity
try 2: 2 x hpc7a.96xlarge in us-east-2a, on-demand, EFA, no placement group: InsufficientInstanceCapacity
try 3: 2 x c7i.24xlarge in us-east-2a, on-demand, no EFA, placement group: InsufficientInstanceCapacity
try 4: 2 x c7i.24xlarge in us-east-2a, on-demand, no EFA, no placement group: InsufficientInstanceCapacity' ]

	run -0 helper explain "$job"
	[ "$(sed -nE 's/^  (try [0-9]) +[0-9:]{8}: (.*)/\1 \2/p' <<<"$output")" = 'try 1 2 x hpc7a.96xlarge in us-east-2a, on-demand, EFA, placement group
try 2 2 x hpc7a.96xlarge in us-east-2a, on-demand, EFA, no placement group
try 3 2 x c7i.24xlarge in us-east-2a, on-demand, no EFA, placement group
try 4 2 x c7i.24xlarge in us-east-2a, on-demand, no EFA, no placement group' ]
	[[ $output == *"-> after "*"EC2 gave 0 of 2 c7i.24xlarge instances in us-east-2a:"*"advice   more allowed instance types or zones, or fewer nodes, would help"*"again    not before "* ]]

	run -0 helper explain "$job" --json
	[ "$(jq -c '[.gangs[0].tries[] | [.number, .region, .class, .code]] | unique_by(.[1:])' <<<"$output")" = '[[1,"us-east-2","capacity","InsufficientInstanceCapacity"]]' ]
	# each try is the request with its token
	[ "$(jq -r '.gangs[0].tries[].launch' <<<"$output")" = "$(new CreateFleet .params.ClientToken | jq -r .)" ]
}
