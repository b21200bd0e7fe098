#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The HTML report in a real browser: what its charts show is what the CSV says, nothing is asked of anybody, nothing is
# complained of, and it is as wide as the window, light and dark.

load cluster
load cost

setup_file() {
	export T=$BATS_FILE_TMPDIR
	cost_conf "$T"
}

setup() {
	need_helper
}

whole() {
	"$BURST_PREFIX/bin/aws-slurm-burst" -c "$T/burst.yaml" cost report --since 2018-09-03 --until 2018-09-07 "$@"
}

@test "the HTML report in a browser: charts as the CSV says, nothing asked, light and dark, narrow and wide" {
	python3 "$BATS_TEST_DIRNAME/cost_day.py" make "$BATS_TEST_DIRNAME/../../lib/state" "$T/state" 6
	# a chart's days end with today, whatever the day of this test is: 3000 days before
	sqlite3 "$T/state/state.db" "
		UPDATE instance SET launched_s = iif(launched_s, launched_s - 259200000, 0),
			ended_s = iif(ended_s, ended_s - 259200000, 0),
			bound_ms = iif(bound_ms, bound_ms - 259200000000, 0),
			end_asked_ms = iif(end_asked_ms, end_asked_ms - 259200000000, 0),
			last_asked_ms = iif(last_asked_ms, last_asked_ms - 259200000000, 0),
			terminated_ms = iif(terminated_ms, terminated_ms - 259200000000, 0);
		UPDATE gang SET created_ms = created_ms - 259200000000, changed_ms = changed_ms - 259200000000,
			active_ms = iif(active_ms, active_ms - 259200000000, 0);
		UPDATE job_run SET began_s = began_s - 259200000, ended_s = iif(ended_s, ended_s - 259200000, 0);
		UPDATE rate_change SET from_s = from_s - 259200000"
	whole --by job --format html >"$T/report.html"
	whole --by day --format csv >"$T/days.csv"
	whole --by account --format csv >"$T/accounts.csv"
	# BURST_PICTURES=DIR keeps what the browser showed
	run timeout 120 /usr/bin/python3 "$BATS_TEST_DIRNAME/cost_html.py" "$T/report.html" "$T/days.csv" "$T/accounts.csv" \
		"${BURST_PICTURES:-$T}"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c ': looked at$' <<<"$output")" -eq 4 ]
}
