#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# A day of 200 jobs in simulated time (tests/day): all that the product has of money, every hour and at the end, against
# the rules of doc/cost.md and of budgets in fractions, and against what the simulator's EC2 bills. Needs no installation.

setup_file() {
	export T=$BATS_FILE_TMPDIR
	"$BATS_TEST_DIRNAME/../day/day.py" "${BUILDDIR:-$PWD}/tests/day/day_driver" "$T/state" >"$T/day" 2>&1
	echo $? >"$T/status"
}

setup() {
	bats_require_minimum_version 1.5.0
	cat "$T/day"
}

# shellcheck disable=SC2016 # $0 and $1 are awk's
compared() { # AT-LEAST WHAT
	run -0 awk -v what="$2" '{ n = $1; sub(/^ *[0-9]+ /, "") } $0 == what { print n }' "$T/day"
	[ "${output:-0}" -ge "$1" ]
	run -1 grep -F " s: $2" "$T/day"
}

@test "a day: nothing of all that was compared differs" {
	[ "$(cat "$T/status")" -eq 0 ]
	run -0 grep -E '^[0-9]+ comparisons, 0 differ$' "$T/day"
	[ "${output%% *}" -gt 30000 ]
}

@test "a day: everything happened in it" {
	happened=$(grep ' jobs, ' "$T/day")
	for what in jobs interrupted failed reused shared pooled woken followed 'over budget' held; do
		[[ $happened =~ (^|, )[1-9][0-9]*\ $what ]]
	done
}

@test "a day: plans and their worst cost" {
	compared 150 'worst cost of a plan'
	compared 150 'pools of a plan'
}

@test "a day: what gangs and jobs have cost, until now and in the end" {
	compared 250 'cost of a gang'
	compared 15 'failures and money behind a job'
	compared 50 'rates that a look changed'
}

@test "a day: budgets: who may hold what, what is spent, held and left, and what is settled" {
	compared 150 'holds'
	compared 30 'refusals'
	compared 150 'budgets: spent, held and left'
	compared 150 'settled holds'
	compared 150 'settled holds of a gang'
}

@test "a day: reports by job, user, account, partition, day and type, every hour" {
	for by in job user account partition day type all; do
		compared 200 "report by $by"
	done
}

@test "a day: EC2 bills the same seconds, and the same money where all prices were known" {
	compared 200 "seconds against EC2's"
	compared 200 "billed seconds against EC2's"
	compared 150 "money against EC2's"
	compared 300 'period of a run'
	compared 10 'an upper bound of the seconds'
}
