#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The ledger: a site's day against a calculation of its own, AWS's bill beside it, the report for people; and
# jobs of a real slurmctld against what the simulator bills. The latter alone needs an installation.

# shellcheck disable=SC2016,SC2030,SC2031,SC2076 # wait_for evaluates its argument
# shellcheck disable=SC2154 # "run --separate-stderr" sets it
load cluster
load gang
load cost

DAY=$BATS_TEST_DIRNAME/cost_day.py

setup_file() {
	# a day without a cluster
	export T=$BATS_FILE_TMPDIR
	cost_conf "$T"
	cluster_start --nodes 4
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
}

teardown() {
	cluster_teardown
}

day() { # SEED
	python3 "$DAY" make "$BATS_TEST_DIRNAME/../../lib/state" "$T/state" "$1"
}

cost() {
	"$BURST_PREFIX/bin/aws-slurm-burst" -c "$T/burst.yaml" cost "$@"
}

whole() { # all that day() makes
	cost report --since 2026-11-01 --until 2026-12-31 "$@"
}

@test "a day of 200 jobs: every sum is that of an independent calculation, to the micro-USD" {
	for seed in 1 2; do
		day "$seed"
		for by in job user account partition day type; do
			whole --by "$by" --format json >"$T/got.json"
			run -0 python3 "$DAY" check "$T/state" "$by" <"$T/got.json"
			echo "$seed, $by: ${lines[-1]}"
		done
	done
	# two periods that adjoin are the whole
	all=$(jq .total.total_uusd "$T/got.json")
	a=$(cost report --since 2026-11-01 --until 2026-11-22 --format json | jq .total.total_uusd)
	b=$(cost report --since 2026-11-23 --until 2026-12-31 --format json | jq .total.total_uusd)
	[ "$a" -gt 0 ]
	[ "$b" -gt 0 ]
	[ $((a + b)) -eq "$all" ]
}

@test "table, CSV and HTML say the same; names of users are no markup and no formula" {
	day 3
	sqlite3 "$T/state/state.db" "UPDATE job_run SET account = '=HYPERLINK(\"x\")\"' WHERE user = 'eve'"
	run -0 whole --by account
	[[ ${lines[0]} == '2026-11-01 to 2026-12-31 (UTC), USD' ]]
	[[ ${lines[1]} =~ ^ACCOUNT\ +INSTANCES\ +HOURS\ +JOBS\ +IDLE\ +FAILED\ +TOTAL\ +ON-DEMAND\ +SAVED$ ]]
	[[ $output =~ 'instance(s) have no known rate: their cost is in no sum.' ]]
	[[ $output == *$'\ntotal '* ]]
	whole --by account --format csv >"$T/a.csv"
	python3 - "$T/a.csv" <(whole --by account --format json) <<-'EOF'
	import csv, json, sys
	from decimal import Decimal
	rows = list(csv.DictReader(open(sys.argv[1], newline="")))
	want = json.load(open(sys.argv[2]))["rows"]
	assert len(rows) == len(want) > 3
	for a, b in zip(rows, want):
	    assert Decimal(a["total_usd"]) * 10**6 == b["total_uusd"], (a, b)
	    assert Decimal(a["saved_usd"]) * 10**6 == b["saved_uusd"], (a, b)
	assert any(a["account"] == "'=HYPERLINK(\"x\")\"" for a in rows)
	EOF
	whole --by job --format html >"$T/a.html"
	python3 - "$T/a.html" <<-'EOF'
	import html.parser, sys
	class Look(html.parser.HTMLParser):
	    open, tags, text = [], set(), ""
	    def handle_starttag(self, tag, attrs):
	        self.tags.add(tag)
	        if tag not in ("meta", "rect", "line", "i"):
	            self.open.append(tag)
	        for name, value in attrs:
	            assert name not in ("src", "href", "onload"), name
	    def handle_startendtag(self, tag, attrs):
	        self.tags.add(tag)
	    def handle_endtag(self, tag):
	        if tag not in ("meta", "rect", "line", "i"):
	            assert self.open.pop() == tag, tag
	    def handle_data(self, data):
	        self.text += data
	text = open(sys.argv[1], encoding="utf-8").read()
	look = Look()
	look.feed(text)
	assert not look.open, look.open
	assert not look.tags & {"b0", "script", "img", "iframe", "link"}, look.tags
	assert "<b>x&y</b>" in look.text and "o'neil" in look.text and "zoë" in look.text
	for what in ("Spend by day", "Spend by account", "Saved by Spot", "Idle share", "By job"):
	    assert what in look.text, what
	assert text.count("<svg") == 5 and "http" not in text.replace("http-equiv", "")
	EOF
}

@test "AWS's report beside the ledger: legacy and CUR 2.0, what differs and why" {
	day 4
	for style in legacy cur2; do
		python3 "$DAY" export "$T/state" "$style" >"$T/$style.csv"
		run -1 cost compare "$T/$style.csv" --json
		jq -e '[.instances[] | select((.why // "") | startswith("the ledger has no rate") | not)] |
			length == 3 and ([.[] | .why | split(":")[0]] | sort) ==
			["another rate", "not in AWS'"'"'s report", "not in the ledger"]' <<<"$output"
		jq -e '.agree > 500 and .foreign == 1' <<<"$output"
	done
	run -1 cost compare "$T/cur2.csv"
	[[ $output =~ 'instance(s) agree, ' ]]
	run -2 cost compare
	[[ $output =~ 'no file is named' ]]
	printf 'a,b\n1,2\n' >"$T/other.csv"
	run -3 cost compare "$T/other.csv"
	[[ $output =~ 'no column line_item_resource_id: not a Cost and Usage Report with resource ids' ]]
	sed 's/"USD"/"EUR"/' "$T/legacy.csv" >"$T/eur.csv"
	run -3 cost compare "$T/eur.csv"
	[[ $output =~ 'in EUR, but the ledger is in USD' ]]
	gzip -kf "$T/legacy.csv"
	run -3 cost compare "$T/legacy.csv.gz"
	[[ $output =~ 'unpack it first' ]]
}

@test "what cannot be is refused with what could" {
	day 5
	run -2 cost
	[[ $output =~ 'usage: aws-slurm-burst cost report' ]]
	run -2 whole --by colour
	[[ $output =~ 'cannot sum up by "colour", but by job, user, account' ]]
	run -2 cost report --since 2026-02-30
	[[ $output =~ '"2026-02-30" is not a day such as 2026-11-30' ]]
	run -2 cost report --since 2026-11-02 --until 2026-11-01
	[[ $output =~ '--until is before --since' ]]
	run -2 whole --format pdf
	[[ $output =~ 'no format "pdf"' ]]
	run -0 cost report --since 2020-01-01 --until 2020-12-31
	[[ $output =~ 'nothing was spent' ]]
	rm -rf "$T/state"
	run ! whole
	[[ $output =~ 'No such file or directory. The ledger is '.*'holds what everybody spent' ]]
	run ! "$BURST_PREFIX/bin/aws-slurm-burst" -c "$T/burst.yaml" budget list
	[[ $output =~ 'No such file or directory. Budgets are SlurmUser'"'"'s and root'"'"'s' ]]
}

@test "jobs of slurmctld: whose they are, when they ended, and the simulator's own seconds" {
	job=$(submit_script <<-'END'
		#!/bin/bash
		#SBATCH -N 2 -t 5
		sleep 3
	END
	)
	wait_for "job_is $job COMPLETED" 90
	wait_for settled 60
	# EC2 may end them in the second in which the epilog ended: no idle time is possible
	helper cost report --by job --since 2020-01-01 --format json >"$T/real.json"
	user=$(job_field "$job" UserId)
	jq -e --arg job "$job" --arg user "${user%(*}" '.rows | length == 1 and .[0].key == $job and
		.[0].user == $user and .[0].instances == 2 and .[0].jobs_uusd > 0 and .[0].idle_uusd >= 0 and
		.[0].failed_uusd == 0 and .[0].on_demand_uusd == .[0].total_uusd' "$T/real.json"
	# its start and its end were taken over
	run -0 sqlite3 -readonly "$BURST_STATE/state.db" \
		"SELECT user <> '' AND cpus > 0 AND ended_s - began_s BETWEEN 3 AND 90 FROM job_run WHERE job_id = $job"
	[ "$output" = 1 ]
	# EC2's own instance-seconds are the ledger's
	in_cluster "$BURST_SOURCE/contrib/ec2sim/ec2sim-control" "$BURST_DIR/ec2sim" billing | jq -s '[.. | objects | select(has("billed_s")) | .seconds] | add' >"$T/seconds"
	[ "$(jq '.total.seconds' "$T/real.json")" = "$(cat "$T/seconds")" ]
}
