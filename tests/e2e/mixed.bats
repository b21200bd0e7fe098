#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 5
#
# purchasing_option: mixed. The first node of a job, where its batch script runs, is on-demand, the others are
# spot: two requests, all or nothing together.

# shellcheck disable=SC2016,SC2030,SC2031 # wait_for evaluates its argument
load cluster
load gang
load tries

# a job that goes with its nodes
ALLOWED_ERRORS+='
Nodes [^ ]+ not responding
slurm_msg_sendto
Unable to get address: Temporary failure in name resolution
slurm_receive_msgs: \[\] failed: Zero Bytes were transmitted or received
agent/is_node_resp: node:
power_save: program signaled: Killed
power_save: program exit status of [0-9]+'

setup_file() {
	local capped plain
	[[ -n ${BURST_PREFIX:-}${BURST_BUILD:-} ]] || return 0
	capped='{"purchasing_option": "mixed", "max_nodes": 32, "launch_template_overrides": [
		{"instance_type": "c5n.18xlarge", "spot_price": 3.5}]}'
	plain='{"purchasing_option": "mixed", "max_nodes": 16, "launch_template_overrides": [
		{"instance_type": "c5n.18xlarge"}], "subnet_ids": ["subnet-0aaaaaaaaaaaaaaa1"]}'
	cluster_start --conf "$(tries_conf '{"reconcile": {"grace_s": 5}}' \
		"$(node_group mixed "$capped")" "$(node_group one "$plain")")" || return
	: >"$BURST_DIR/etc/burst-notice"
}

teardown_file() {
	wait_for settled 120
	cluster_stop
}

setup() {
	need_helper
	begin_test
}

teardown() {
	[[ -z ${WATCH:-} ]] || {
		in_cluster pkill -TERM -f 'aws-burst.yaml notices' || :
		wait "$WATCH" || :
	}
	end_test
	helper open aws-mixed >/dev/null || :
	helper open aws-one >/dev/null || :
}

# market NODE: how EC2 sold what Slurm knows as NODE
market() {
	local addr
	addr=$(node_field "$1" NodeAddr)
	ec2_objects instance "select(.address == \"$addr\" and (.state == \"pending\" or .state == \"running\")) | .market" | jq -r .
}

db() {
	sqlite3 -readonly "$BURST_STATE/state.db" "$1"
}

# launches STATE: how many requests of this test's gang of job $job are noted as that
launches() {
	db "SELECT count(*) FROM launch JOIN gang ON gang.id = launch.gang WHERE gang.job_id = $job AND launch.state = '$1'"
}

# dead: no resume of ours is there
dead() {
	! in_cluster pgrep -x aws-slurm-burst >/dev/null
}

@test "a gang: the batch host on-demand, the others spot, in one zone and placement group" {
	job=$(job mixed 4 --efa=required)
	comes "$job" '3 x c5n.18xlarge spot us-east-2a, 1 x c5n.18xlarge on-demand us-east-2a, EFA, placement group *'
	was_asked '3/3 spot, EFA, group: c5n.18xlarge@a1 c5n.18xlarge@a2' '1/1 on-demand, EFA, group: c5n.18xlarge@a1'
	[ "$(new CreateFleet '.params.LaunchTemplateConfigs[].Overrides[].Placement.GroupName' | sort -u | wc -l)" = 1 ]
	[ "$(new CreateFleet .params.ClientToken | sort -u | wc -l)" = 2 ]
	# the cap is spot's alone
	[ "$(new CreateFleet '[.params.LaunchTemplateConfigs[].Overrides[].MaxPrice] | unique')" = '["3.50"]
[null]' ]
	[ "$(new CreatePlacementGroup | wc -l)" = 1 ]
	wait_for "job_is $job RUNNING" 120
	host=$(job_field "$job" BatchHost)
	[ "$(market "$host")" = on-demand ]
	for node in $(in_cluster scontrol show hostnames "$(job_field "$job" NodeList)"); do
		[ "$node" = "$host" ] || [ "$(market "$node")" = spot ]
	done
	# each at its own price
	[ "$(db "SELECT spot, count(*), min(rate_uusd_hr) > 0, count(DISTINCT rate_uusd_hr) FROM instance
		WHERE gang LIKE '$job-%' GROUP BY spot ORDER BY spot")" = '0|1|1|1
1|3|1|1' ]
	[ "$(db "SELECT rate_uusd_hr = od_rate_uusd_hr FROM instance WHERE gang LIKE '$job-%' AND NOT spot")" = 1 ]
	# as people read it
	run -0 helper explain "$job"
	said=$(tr -s ' \n' ' ' <<<"$output")
	[[ $said == *'4 x c5n.18xlarge in us-east-2a, 1 on-demand and 3 spot, EFA, placement group '* ]]
	[[ $said == *'cost: 1 on-demand at 3.888 USD/h, 3 spot at 3.50 USD/h at most: 14.388 USD/h'* ]]
	run -0 helper status
	[ "$(grep -c "c5n.18xlarge *spot " <<<"$output")" = 3 ]
	[ "$(grep -c "c5n.18xlarge *on-demand " <<<"$output")" = 1 ]
	# reconcile has nothing to mend
	helper reconcile >/dev/null
	run -0 helper reconcile --dry-run
	echo "$output"
	[ "$output" = 'EC2, Slurm and state.db agree' ]
	job_is "$job" RUNNING
	[ "$(live_count)" = 4 ]
}

@test "what it would cost is said before" {
	run -0 helper estimate -N 4 -t 60 --partition aws -w 'aws-mixed-[0-3]' --efa=required --wrap true
	said=$(tr -s ' \n' ' ' <<<"$output")
	[[ $said == *'4 x c5n.18xlarge in subnet-0aaaaaaaaaaaaaaa1|subnet-0aaaaaaaaaaaaaaa2, 1 on-demand and the others spot, EFA, placement group: at most 14.388 USD/h, 17.6253 USD for the job'* ]]
}

@test "a job of one node: on-demand" {
	job=$(job mixed 1)
	comes "$job" '1 x c5n.18xlarge on-demand *'
	was_asked '1/any on-demand, no EFA: c5n.18xlarge@a1 c5n.18xlarge@a2'
}

@test "no on-demand one where spot came: all is undone, the next zone is asked" {
	faults '[{"action": "CreateFleet", "call": 2, "pool_error": {"code": "InsufficientInstanceCapacity",
		"message": "We currently do not have sufficient capacity in the Availability Zone you requested."}}]'
	job=$(job mixed 3 --efa=required)
	comes "$job" '2 x c5n.18xlarge spot us-east-2b, 1 x c5n.18xlarge on-demand us-east-2b, EFA, placement group *'
	was_asked '2/2 spot, EFA, group: c5n.18xlarge@a1 c5n.18xlarge@a2' '1/1 on-demand, EFA, group: c5n.18xlarge@a1' \
		'2/2 spot, EFA, group: c5n.18xlarge@a2' '1/1 on-demand, EFA, group: c5n.18xlarge@a2'
	wait_for '[ "$(live_count)" = 3 ]' 60
	# what the first gave was ended before the third was asked for
	[ "$(new TerminateInstances 'select(.error == null).params.InstanceIds[]' | sort -u)" = "$(new CreateFleet '.result.instances[]' | head -n 2 | sort)" ]
}

@test "no on-demand one anywhere: nothing is left, and the job waits" {
	faults '[{"action": "CreateFleet", "every": true, "match": {"TargetCapacitySpecification.DefaultTargetCapacityType": "on-demand"},
		"pool_error": {"code": "InsufficientInstanceCapacity", "message": "There is none."}}]'
	job=$(job one 3 --efa=required)
	fails "$job" 'EC2 gave 0 of 1 c5n.18xlarge on-demand instances in us-east-2a: InsufficientInstanceCapacity*; tried again not before *'
	was_asked '2/2 spot, EFA, group: c5n.18xlarge@a1' '1/1 on-demand, EFA, group: c5n.18xlarge@a1'
	wait_for '[ "$(live_count)" = 0 ]' 60
	wait_for '[ "$(db "SELECT DISTINCT state FROM gang WHERE job_id = $job")" = failed ]' 60
}

@test "no spot: on-demand where the site allows it, else never" {
	local none='[{"action": "CreateFleet", "every": true, "match": {"TargetCapacitySpecification.DefaultTargetCapacityType": "spot"},
		"pool_error": {"code": "InsufficientInstanceCapacity", "message": "There is none."}}]'
	faults "$none"
	job=$(job one 2 --efa=required)
	fails "$job" 'EC2 gave 0 of 1 c5n.18xlarge spot instances in us-east-2a: InsufficientInstanceCapacity*; tried again not before *'
	was_asked '1/1 spot, EFA, group: c5n.18xlarge@a1'
	with fallback_on_demand=true
	begin_test
	job=$(job one 2 --efa=required)
	comes "$job" '2 x c5n.18xlarge on-demand us-east-2a, EFA, placement group *'
	was_asked '1/1 spot, EFA, group: c5n.18xlarge@a1' '2/2 on-demand, EFA, group: c5n.18xlarge@a1'
}

# dies_between EFFECTS...: resume is killed while its second request is under way, whose fate is EFFECTS; then
# one reconcile leaves nothing
dies_between() {
	faults "[{\"action\": \"CreateFleet\", \"call\": 2, \"delay_ms\": 8000$1}]"
	job=$(job one 3 --efa=required)
	# the first has its answer, the second is written down
	wait_for '[ "$(launches answered) $(launches prepared)" = "1 1" ]' 60
	in_cluster pkill -KILL -x aws-slurm-burst
	wait_for dead 30
	# the back-off may be less than a second: it is not to start again before this is over
	partition down
	[ "$(launches prepared)" = 1 ]
	wait_for '[ "$(new CreateFleet | wc -l)" = 2 ]' 30
	faults '[]'
	wait_for '(($(date +%s) - $(new CreateFleet .time | tail -n 1 | jq -r . | date -f - +%s) > 60))' 120
	run -0 helper reconcile
	echo "$output"
	wait_for settled 60
	run -0 helper reconcile --dry-run
	[ "$output" = 'EC2, Slurm and state.db agree' ]
	[ "$(db "SELECT DISTINCT state FROM gang WHERE job_id = $job")" = failed ]
	[ "$(db "SELECT count(*) FROM instance WHERE gang LIKE '$job-%' AND state != 'terminated'")" = 0 ]
	wait_for 'job_is $job PENDING' 30
}

@test "kill -9 between the two requests: one reconcile ends the spot ones" {
	dies_between ', "drop": "before"'
	[ "$(db "SELECT count(*), sum(spot) FROM instance WHERE gang LIKE '$job-%'")" = '2|2' ]
}

@test "kill -9 while EC2 acts on the second: one reconcile ends both" {
	dies_between ''
	# of the lost answer too the market and the price are known
	[ "$(db "SELECT count(*), sum(spot), count(CASE WHEN NOT spot AND rate_uusd_hr = od_rate_uusd_hr THEN 1 END)
		FROM instance WHERE gang LIKE '$job-%'")" = '3|2|1' ]
}

@test "a spot one is taken back: the gang goes whole, and starts again" {
	as_slurm "$BURST_PREFIX/bin/aws-slurm-burst" -c /etc/slurm/aws-burst.yaml notices \
		</dev/null >"$BATS_TEST_TMPDIR/notices.out" 2>&1 3>&- &
	WATCH=$!
	job=$(job mixed 2 --requeue)
	comes "$job" '1 x c5n.18xlarge spot us-east-2a, 1 x c5n.18xlarge on-demand us-east-2a, *'
	wait_for "job_is $job RUNNING" 120
	worker=$(ec2_objects instance 'select(.state == "running" and .market == "spot") | .id' | jq -r .)
	host=$(ec2_objects instance 'select(.state == "running" and .market == "on-demand") | .id' | jq -r .)
	[[ $worker == i-* && $host == i-* ]]
	in_cluster "$BURST_SOURCE/contrib/ec2sim/ec2sim-control" "$BURST_DIR/ec2sim" interrupt notice_s=40 'tell=["imds"]' "$worker" >/dev/null
	wait_for '[ "$(job_field "$job" Restarts)" = 1 ]' 90
	wait_for '[ -z "$(live_instances | grep -E "^($worker|$host)\$")" ]' 60
	[ "$(db "SELECT count(*) FROM notice WHERE instance = '$worker' AND kind = 'interruption'")" -ge 1 ]
	[ "$(db "SELECT count(*) FROM notice WHERE instance = '$host'")" = 0 ]
}
