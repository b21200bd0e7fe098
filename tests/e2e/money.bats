#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# A cost limit that is kept: what is over it is held, what is within it and dear is left out, a job without time limit
# has the time that its limit buys, and is warned and ended when the money is used up; what a job cost is told at its
# end.

# shellcheck disable=SC2154 # "run --separate-stderr" sets it
# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang
load tries

# A node of c7i costs 3.60 USD/h, of hpc7a 7.20; as Spot 0.36 now and 3.60 at most; its disks 0.36.
setup_file() {
	local one='{"subnet_ids": ["subnet-0aaaaaaaaaaaaaaa1"], "max_nodes": 32}' groups=()
	groups+=("$(node_group two "$(types hpc7a.96xlarge c7i.48xlarge | jq ". + $one")")")
	groups+=("$(node_group one "$(types c7i.48xlarge | jq ". + $one")")")
	groups+=("$(node_group spot "$(types c7i.48xlarge | jq ". + $one"' + {purchasing_option: "spot"}')")")
	cluster_start --conf "$(tries_conf '{"cost": {"boot_allowance_s": 600, "release_allowance_s": 200,
			"disk_usd_hr": "0.36", "warn_signal": "USR1", "lower_time_limit": "unlimited", "at_limit": "cancel"},
			"reconcile": {"interval_s": 1}, "prices": {"spot_max_age_s": 60}}' "${groups[@]}" |
			jq '.slurm.partitions[0].partition_options.MaxTime = "UNLIMITED"')" \
		--scenario '{"prices": {"hpc7a.96xlarge": "7.20", "c7i.48xlarge": "3.60"},
			"spot_prices": {"c7i.48xlarge": "0.36"}}'
	helper prices refresh
}

teardown_file() {
	in_cluster pkill -TERM -f 'reconcile --watch' || :
	# slurmctld complains of a program that is at work when it is stopped
	in_cluster scancel --user="$BURST_USER" || :
	wait_for '! in_cluster pgrep -x aws-slurm-burst' 120 || :
	cluster_stop
}

setup() {
	need_helper
	begin_test
}

teardown() {
	end_test
}

# unlimited GROUP NODES LIMIT [SBATCH-ARGUMENT...]: a job without time limit, on nodes that no test before had
unlimited() {
	local file=$BATS_FILE_TMPDIR/used.$1 first
	first=$(cat "$file" 2>/dev/null || echo 0)
	echo $((first + $2)) >"$file"
	submit -N "$2" -t UNLIMITED --burst-cost="$3" -w "aws-$1-[$first-$((first + $2 - 1))]" "${@:4}"
}

reasons() {
	helper explain "$1" | tr -s ' \n' ' '
}

state_db() {
	sqlite3 "$BURST_STATE/state.db" "$@"
}

# spent JOB USD: as if its (Spot) machine had cost so much in its first second, and next to nothing since
spent() {
	state_db "INSERT OR REPLACE INTO rate_change SELECT i.id, i.launched_s, $2 * 3600000000 FROM instance i
			JOIN gang_job j ON j.gang = i.gang WHERE j.job_id = $1;
		INSERT OR REPLACE INTO rate_change SELECT i.id, i.launched_s + 1, 1 FROM instance i
			JOIN gang_job j ON j.gang = i.gang WHERE j.job_id = $1"
}

spot_costs() {
	in_cluster "$BURST_SOURCE/contrib/ec2sim/ec2sim-control" "$BURST_DIR/ec2sim" spot-price pool=c7i.48xlarge "usd=$1" >/dev/null
}

@test "over the limit: held, and told what it would take; nothing is asked of EC2" {
	job=$(job one 2 --burst-cost=2)
	fails "$job" 'cost limit 2.00 USD: 2 x c7i.48xlarge, the cheapest allowed, cost *; held: *'
	wait_for "job_is $job PENDING" 60
	wait_for '[ "$(job_field $job Reason)" = JobHeldUser ]' 10
	# without a time limit: the least that is begun costs more
	job=$(unlimited one 2 2 --wrap 'sleep 300')
	fails "$job" 'cost limit 2.00 USD: 2 x c7i.48xlarge, the cheapest allowed, cost * USD at worst (600 s boot, the shortest time of 300 s, * s release, 0.00 USD spent before); the job has no time limit, and a higher cost limit or fewer nodes would buy it time; held: *'
	[ -z "$(asked)" ]
}

@test "a limit an hour picks the cheaper type; disks count in it" {
	# 3.60 and 0.36 each; the first choice would be 7.56
	job=$(job two 2 --burst-cost=7.92/h)
	comes "$job" '2 x c7i.48xlarge on-demand us-east-2a, *7.92 USD/h of 7.92/h*'
	[[ $(reasons "$job") == *'15.12 USD/h for 2 nodes is over the limit of 7.92/h'* ]]
	[[ $(reasons "$job") == *'2 nodes at 3.60 USD/h at most and 0.36 for disks: 7.92 USD/h'* ]]
	[ "$(state_db "SELECT DISTINCT i.rate_uusd_hr, i.disk_uusd_hr FROM instance i JOIN gang g ON i.gang = g.id
		WHERE g.job_id = $job")" = '3600000|360000' ]
	job=$(job two 2 --burst-cost=7.91/h)
	fails "$job" 'cost limit 7.91 USD/h: 2 x c7i.48xlarge, the cheapest allowed, cost 7.92 USD/h *'
}

@test "a job without time limit: Slurm's becomes what its limit buys, anew at each start, and slurmctld knows no other" {
	kill_wait=$(in_cluster scontrol show config | sed -nE 's/^KillWait += ([0-9]+) sec$/\1/p')
	# 3.96 USD/h: a second costs 0.0011; 600 s boot, 200 s and KillWait until the end
	buys=$(((10000 * 10 / 11) - 800 - kill_wait))
	job=$(unlimited one 1 10 --wrap 'sleep 600')
	comes "$job" '1 x c7i.48xlarge on-demand us-east-2a, *3.96 USD/h, its limit of 10.00 USD buys 2 h *'
	[[ $(reasons "$job") == *'3.96 USD/h; no time limit, the limit buys 2 h '*' after 600 s boot and '* ]]
	IFS=: read -r h m s <<<"$(job_field "$job" TimeLimit)"
	least=$(((10#$h * 60 + 10#$m) * 60 + 10#$s))
	echo "buys $buys s, TimeLimit $least s"
	((least % 60 == 0 && least <= buys && least > buys - 70))
	[ "$(state_db "SELECT asked_s, lowered_s, limit_uusd FROM job_money WHERE job_id = $job")" = "-1|$least|10000000" ]
	# the next start has less money, and is planned by what the user asked
	in_cluster scontrol requeue "$job"
	wait_for "job_is $job PENDING" 60
	# slurmctld gives it two minutes when its old nodes are free of it
	wait_for "in_cluster scontrol update job=$job StartTime=now
		state_db 'SELECT restart FROM job_money WHERE job_id = $job AND restart > 0' | grep -q ." 180
	# later releases let it try its old nodes before: those are not handed on, and that start has no plan
	again=$(state_db "SELECT restart FROM job_money WHERE job_id = $job AND restart > 0")
	was_told "$job" '*its limit of 10.00 USD buys 2 h *'
	[ "$(state_db "SELECT asked_s, limit_uusd FROM job_money WHERE job_id = $job AND restart = $again")" = '-1|10000000' ]
	[ "$(state_db "SELECT lowered_s <= $least AND lowered_s > $least - 300 FROM job_money WHERE job_id = $job AND restart = $again")" = 1 ]
}

@test "who has a time limit keeps it; with lower_time_limit: never nobody's is touched" {
	job=$(job one 1 --burst-cost=10)
	comes "$job" '1 x c7i.48xlarge on-demand *, <= * USD of 10.00'
	[ "$(job_field "$job" TimeLimit)" = 00:05:00 ]
	with 'lower_time_limit=never'
	job=$(unlimited one 1 10 --wrap 'sleep 300')
	comes "$job" '1 x c7i.48xlarge on-demand us-east-2a, *its limit of 10.00 USD buys *'
	[ "$(job_field "$job" TimeLimit)" = UNLIMITED ]
	# and nobody ends it: then there must be a time limit
	with 'at_limit=none'
	job=$(unlimited one 1 10 --wrap 'sleep 300')
	fails "$job" '*but the job has no time limit: give one (--time) or limit the cost per hour (--burst-cost=10.00/h)*'
}

@test "at 80 % the job is warned once, with a signal; at 100 % it is ended and reads why" {
	job=$(unlimited spot 1 10 --wrap 'trap "echo got USR1" USR1; echo begun; while :; do sleep 0.2; done')
	wait_for "job_output $job | grep -q begun" 120
	spent "$job" 7
	run -0 helper reconcile
	[[ $output != *cost-* ]]
	spent "$job" 8.5
	run -0 helper reconcile
	[[ $output == *"cost-warning job $job: told: it has cost 8.50"*" of 10.00 USD, and at 0.360001 USD/h its limit is used up in "*"; USR1 sent"* ]]
	told "$job" 'burst: cost warning: it has cost 8.5* of 10.00 USD, *; USR1 sent; then it is ended'
	wait_for "job_output $job | grep -q 'got USR1'" 60
	grep -q "alarm: cost-warning: it has cost 8.5" "$BURST_LOG"
	[ "$(state_db "SELECT value FROM counter WHERE name = 'reconcile.cost-warning'")" = 1 ]
	run -0 helper reconcile
	[[ $output != *cost-* ]]
	# killed between the row and the words: told once more, and no second signal
	[ "$(state_db "SELECT warned_ms > 0 FROM job_money WHERE job_id = $job")" = 1 ]
	as_slurm sqlite3 "$BURST_STATE/state.db" "UPDATE job_money SET warned_ms = -warned_ms WHERE job_id = $job"
	run -0 helper reconcile
	[[ $output == *"cost-warning job $job: told: it has cost 8.5"*"; USR1 may have been sent before"* ]]
	[ "$(state_db "SELECT warned_ms > 0 FROM job_money WHERE job_id = $job")" = 1 ]
	[ "$(job_output "$job" | grep -c 'got USR1')" = 1 ]
	job_is "$job" RUNNING
	spent "$job" 10
	run -0 helper reconcile
	[[ $output == *"cost-limit job $job: ended: it has cost 10.00"*" of 10.00 USD"* ]]
	was_told "$job" 'burst: ended: it has cost 10.00* of 10.00 USD*'
	wait_for "job_is $job CANCELLED" 60
}

@test "at_limit: requeue puts it back, held, and it does not begin again for that money" {
	with 'at_limit=requeue'
	job=$(unlimited spot 1 10 --wrap 'echo begun; sleep 600')
	wait_for "job_output $job | grep -q begun" 120
	spent "$job" 11
	run -0 helper reconcile
	[[ $output == *"cost-limit job $job: back into the queue, held: it has cost 11.00"* ]]
	wait_for "job_is $job PENDING" 60
	wait_for '[ "$(job_field $job Reason)" = JobHeldUser ]' 10
	told "$job" 'burst: ended: it has cost 11.00* of 10.00 USD*; back in the queue, and held: *submit it anew with a higher --burst-cost'
	wait_for gone 120
	as_user scontrol release "$job"
	wait_for "in_cluster scontrol update job=$job StartTime=now; told $job 'burst: cost limit *'" 180
	fails "$job" 'cost limit 10.00 USD: 1 x c7i.48xlarge, the cheapest allowed, cost 1*11.00* USD spent before*held: *'
	[ "$(asked | wc -l)" -eq 1 ]
}

@test "the watch ends a job whose money is used up when the price of Spot rises" {
	job=$(unlimited spot 1 10 --wrap 'echo begun; sleep 600')
	wait_for "job_output $job | grep -q begun" 120
	helper reconcile --watch 3>&- &
	# 20 USD a second
	spot_costs 72000
	age_prices
	wait_for "was_told $job 'burst: ended: it has cost *'" 120
	wait_for "job_is $job CANCELLED" 60
	in_cluster pkill -TERM -o -f 'aws-slurm-burst.*reconcile --watch'
	wait
	spot_costs 0.36
	age_prices
	helper prices refresh
}

# what is known of prices is asked again
age_prices() {
	state_db 'UPDATE price_asked SET fetched_ms = 1'
	helper prices refresh
}

@test "disks are in the total, a tenth of the machine beside it, and in no saving" {
	job=$(submit -N 1 -t 10 -w aws-one-31 --wrap true)
	wait_for "job_is $job COMPLETED" 120
	wait_for gone 60
	run -0 helper cost report --by job --format csv
	row=$(grep "^\"$job\"," <<<"$output")
	IFS=, read -r -a fields <<<"${row%$'\r'}"
	# …,failed_usd,total_usd,spot_usd,on_demand_usd,saved_usd,disks_usd
	awk -v disks="${fields[14]}" -v all="${fields[10]}" 'BEGIN { d = disks * 11 - all; exit !(all > 0 && d < 0.00002 && d > -0.00002) }'
	[ "${fields[13]}" = 0.00 ]
	run -0 helper cost report --by job
	[[ ${lines[1]} == *' TOTAL '*' DISKS '* ]]
}
