#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Prices of AWS on a real cluster: asked, kept, told with their source and age, held against limits and caps;
# and what a job is told when they cannot be had. The tests are one story: prices change in their order.

# shellcheck disable=SC2154 # "run --separate-stderr" sets it
# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang
load tries

DAY=$(date -u +%F)

setup_file() {
	local one='{"subnet_ids": ["subnet-0aaaaaaaaaaaaaaa1"], "max_nodes": 32}' groups=()
	groups+=("$(node_group list "$(types c7i.48xlarge hpc7a.96xlarge | jq ". + $one")")")
	groups+=("$(node_group spot "$(types c7i.48xlarge | jq ". + $one"' + {purchasing_option: "spot"}')")")
	groups+=("$(node_group cap "$(jq -n "$one"' + {purchasing_option: "spot", launch_template_overrides: [
		{instance_type: "c7i.48xlarge", spot_price: "3.00"}]}')")")
	cluster_start --boot none --conf "$(tries_conf '{"prices": {"spot_max_age_s": 60}}' "${groups[@]}")" \
		--scenario '{"prices": {"hpc7a.96xlarge": "7.3000000001", "c7i.48xlarge": "8.9"},
			"spot_prices": {"c7i.48xlarge": "3.1"}}'
}

teardown_file() {
	in_cluster pkill -TERM -f 'reconcile --watch' || :
	cluster_stop
}

setup() {
	need_helper
	begin_test
}

teardown() {
	end_test
}

# prices ARGUMENT...: the command, as SlurmUser
prices() {
	helper prices "$@"
}

# reasons JOB: what its plan says, in one line
reasons() {
	helper explain "$1" | tr -s ' \n' ' '
}

# asked_prices ACTION: requests since the test began
asked_prices() {
	journal "select(.kind == \"request\" and .action == \"$1\" and .seq > $SEEN)" | jq -c "${2:-.}"
}

# age MARKET SECONDS: what is known of it (0 list, 1 Spot) was asked so long ago
age() {
	sqlite3 "$BURST_STATE/state.db" "UPDATE price_asked SET fetched_ms = fetched_ms - $2 * 1000 WHERE spot = $1"
}

spot_costs() {
	in_cluster "$BURST_SOURCE/contrib/ec2sim/ec2sim-control" "$BURST_DIR/ec2sim" spot-price pool=c7i.48xlarge "usd=$1" >/dev/null
}

@test "nobody has asked: the built-in table, which says so, and Spot as it may cost at most" {
	run -0 prices list --type 'hpc7a.96*'
	[[ ${lines[1]} == hpc7a.96xlarge*' us-east-2 '*' 192 '*' 7.20 '*' 0.0375 USD '*' - built-in list price of 2026-07-20' ]]
	run -0 prices list --spot
	[ "$output" = 'no Spot price is known' ]
	job=$(job list 1)
	comes "$job" '1 x c7i.48xlarge on-demand us-east-2a, 8.568 USD/h, *'
	[[ $(reasons "$job") == *'kept c7i.48xlarge '*': 8.568 USD/h, built-in list price of 2026-07-20;'* ]]
	job=$(job spot 1)
	comes "$job" '1 x c7i.48xlarge spot us-east-2a, 8.568 USD/h, *'
	[ -z "$(asked_prices GetProducts)$(asked_prices DescribeSpotPriceHistory)" ]
}

@test "no permission: the command says what it lacks; jobs start all the same" {
	faults '[{"action": "GetProducts", "every": true, "error": {"code": "AccessDeniedException", "message": "no", "status": 400}},
		{"action": "DescribeSpotPriceHistory", "every": true, "error": {"code": "UnauthorizedOperation", "message": "no", "status": 403}}]'
	run -4 --separate-stderr prices refresh
	[ -z "$output" ]
	[[ $stderr == *'list prices of us-east-2: '*AccessDeniedException*'; what was known stays'* ]]
	[[ $stderr == *'Spot prices in us-east-2: '*UnauthorizedOperation*'; what was known stays'* ]]
	job=$(job list 1)
	comes "$job" '1 x c7i.48xlarge on-demand us-east-2a, 8.568 USD/h, *'
}

@test "refresh: by AWS's protocol, page by page; list, status and plans have it at once" {
	run -0 prices refresh
	[[ ${lines[0]} =~ ^"us-east-2: "[0-9]{3}" list prices in USD"$ ]]
	[ "${lines[1]}" = 'us-east-2: 3 Spot prices of the 2 types of the configuration' ]
	# where the Pricing API is, not where the instances are
	[ "$(asked_prices GetProducts .region | sort -u)" = '"us-east-1"' ]
	[ "$(asked_prices GetProducts | wc -l)" -ge 4 ]
	run -0 prices list --type 'hpc7a.96*'
	[[ ${lines[1]} == hpc7a.96xlarge*' 7.300001 '*"s list price of $DAY" ]]
	run -0 prices list --spot --json
	[ "$(jq -c '.prices | map([.zone, .micro_hr, .stale])' <<<"$output")" = \
		'[["us-east-2a",3100000,false],["us-east-2b",3100000,false],["us-east-2c",3100000,false]]' ]
	job=$(job list 1)
	comes "$job" '1 x c7i.48xlarge on-demand us-east-2a, 8.90 USD/h, *'
	[[ $(reasons "$job") == *"8.90 USD/h, list price of $DAY;"* ]]
}

@test "a limit an hour picks the type that is within it by AWS's prices" {
	job=$(job list 2 --burst-cost=15/h)
	comes "$job" '2 x hpc7a.96xlarge on-demand us-east-2a, *14.600002 USD/h of 15.00/h*'
	[[ $(reasons "$job") == *'17.80 USD/h for 2 nodes is over the limit of 15.00/h'* ]]
}

@test "Spot: what it costs now is told and kept, the worst is what it may come to" {
	# nothing is stale, however long the tests before took
	prices refresh >/dev/null
	job=$(job spot 2)
	comes "$job" '2 x c7i.48xlarge spot us-east-2a, *6.20 USD/h, <= *'
	[[ $(reasons "$job") == *"3.10 USD/h, Spot price of $DAY "*" UTC, at most 8.90"* ]]
	[[ $(reasons "$job") == *'2 nodes at 8.90 USD/h at most: 17.80 USD/h'* ]]
	[ "$(sqlite3 -readonly "$BURST_STATE/state.db" "SELECT DISTINCT i.rate_uusd_hr FROM instance i JOIN gang g ON i.gang = g.id
		WHERE g.job_id = $job")" = 3100000 ]
	# 6.20 now, 17.80 perhaps: the limit must hold whatever happens
	job=$(job spot 2 --burst-cost=10/h)
	fails "$job" 'cost limit 10.00 USD/h: 2 x c7i.48xlarge, the cheapest allowed, cost 17.80 USD/h at 8.90 each*'
}

@test "over the cap of its pool Spot is not asked for; it is when the price has fallen" {
	prices refresh >/dev/null
	job=$(job cap 1)
	fails "$job" 'every spot price is over its cap: the lowest is c7i.48xlarge at 3.10 USD/h, its cap 3.00*'
	[ -z "$(asked)" ]
	spot_costs 2.75
	prices refresh
	job=$(job cap 1)
	comes "$job" '1 x c7i.48xlarge spot us-east-2a, 2.75 USD/h, *'
	[ "$(new CreateFleet '.params.LaunchTemplateConfigs[0].Overrides[0].MaxPrice' | jq -r .)" = 3.00 ]
	[[ $(reasons "$job") == *' UTC, at most 3.00;'* ]]
	# a limit holds by the cap
	job=$(job cap 2 --burst-cost=6/h)
	comes "$job" '2 x c7i.48xlarge spot us-east-2a, *5.50 USD/h of 6.00/h*'
}

@test "what is old is used, and called stale; a stale Spot price stops nothing" {
	spot_costs 3.10
	prices refresh >/dev/null
	spot_costs 2.90
	age 1 61
	age 0 604801
	run -0 prices list --type c7i.48xlarge
	[[ ${lines[1]} == *' 8.90 '*' 7d00h list price of '*', stale' ]]
	job=$(job list 1)
	comes "$job" '1 x c7i.48xlarge on-demand us-east-2a, 8.90 USD/h, *'
	[[ $(reasons "$job") == *', stale;'* ]]
	# 3.10 was over the cap; EC2 knows that it has fallen
	job=$(job cap 1)
	comes "$job" '1 x c7i.48xlarge spot us-east-2a, 3.00 USD/h, *'
}

@test "a configured discount is in plans, limits and the ledger; what a cap is held against is not discounted" {
	spot_costs 3.10
	prices refresh >/dev/null
	cp -p "$BURST_CONF" "$BURST_CONF.without"
	sed -i 's/^prices:$/&\n  discounts: [{types: "hpc7a.*", regions: [us-east-2], percent: 28.5}, {types: "c7i.*", market: spot, percent: 10}]/' "$BURST_CONF"
	run -0 prices list --type 'hpc7a.96*'
	[[ ${lines[1]} == hpc7a.96xlarge*' 5.219501 '*"s list price of $DAY, 7.300001 less 28.5 %" ]]
	run -0 prices list --type 'c7i.48xlarge'
	[[ ${lines[1]} == c7i.48xlarge*' 8.90 '*"s list price of $DAY" ]]
	# 14.60 without it
	job=$(job list 2 --burst-cost=11/h)
	comes "$job" '2 x hpc7a.96xlarge on-demand us-east-2a, *10.439002 USD/h of 11.00/h*'
	[[ $(reasons "$job") == *"5.219501 USD/h, list price of $DAY, 7.300001 less 28.5 %"* ]]
	[ "$(sqlite3 -readonly "$BURST_STATE/state.db" "SELECT DISTINCT i.rate_uusd_hr, i.od_rate_uusd_hr FROM instance i
		JOIN gang g ON i.gang = g.id WHERE g.job_id = $job")" = '5219501|7300001' ]
	job=$(job spot 1)
	comes "$job" '1 x c7i.48xlarge spot us-east-2a, 2.79 USD/h, *'
	# 2.79 is below the cap of 3.00, but EC2 asks 3.10
	job=$(job cap 1)
	fails "$job" 'every spot price is over its cap: the lowest is c7i.48xlarge at 3.10 USD/h, its cap 3.00*'
	mv "$BURST_CONF.without" "$BURST_CONF"
	spot_costs 2.90
}

@test "users read the same from what is public" {
	prices refresh >/dev/null
	public=$(as_user "$BURST_PREFIX/bin/aws-slurm-burst" prices list --type 'hpc7a.96*')
	[[ $public == *"hpc7a.96xlarge "*" 7.300001 "*" list price of $DAY" ]]
	run -0 as_user "$BURST_PREFIX/bin/aws-slurm-burst" prices list --spot --region us-east-2
	[[ ${lines[1]} == 'c7i.48xlarge '*' us-east-2a '*' 2.90 '*" Spot price of $DAY "*' UTC' ]]
	run --separate-stderr as_user "$BURST_PREFIX/bin/aws-slurm-burst" prices refresh
	[ "$status" -ne 0 ]
}

@test "the watch refreshes by itself what half its age is over, and tells users" {
	spot_costs 2.50
	age 1 31
	age 0 302401
	helper reconcile --watch 3>&- &
	wait_for '[ -n "$(asked_prices DescribeSpotPriceHistory)" ]' 20
	wait_for 'helper prices list --spot | grep -q " 2.50 "' 10
	[ -n "$(asked_prices GetProducts)" ]
	wait_for 'jq -e ".told[\"us-east-2\"].spot.zones[\"us-east-2a\"][\"c7i.48xlarge\"][0] == 2500000" "$BURST_PUBLIC/prices.json"' 10
	in_cluster pkill -TERM -o -f 'aws-slurm-burst.*reconcile --watch'
	wait
}

@test "usage" {
	run -2 --separate-stderr helper prices
	[[ $stderr == 'usage: aws-slurm-burst prices refresh'* ]]
	run -0 helper prices --help
	run -2 --separate-stderr prices list --sort cheapest
	[[ $stderr == *'--sort "cheapest": expected price, type or price-per-core' ]]
	run -2 --separate-stderr prices refresh now
	run -2 --separate-stderr prices list --colour
	run -3 --separate-stderr prices refresh --region us-gov-west-1
	[[ $stderr == *"AWS's partition of us-gov-west-1 has no Pricing API"* ]]
}
