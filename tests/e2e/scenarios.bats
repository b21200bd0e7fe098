#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# doc/scenarios.md and the tests of gangs say the same: each row has its test, each test its row; and doc/reconcile.md and
# doc/guards.md have the rules of reconcile.

TESTS=$BATS_TEST_DIRNAME
PAGE=$BATS_TEST_DIRNAME/../../doc/scenarios.md

# Both print "FILE: NAME", a line each.
# shellcheck disable=SC2016 # a backquote is a backquote
rows() {
	sed -nE 's/^\|.*\| `([^`]+)`: (.*) \|$/\1: \2/p' "$PAGE"
}

# tests FILE...: below the tests' directory
tests() {
	(cd "$TESTS" && sed -nE 's/^@test "(.*)" \{$/FILE: \1/p; t name; b; :name; F' "$@") |
		awk '/^FILE: / { name = substr($0, 7); next } { print $0 ": " name }'
}

setup() {
	bats_require_minimum_version 1.5.0
	rows | sort >"$BATS_TEST_TMPDIR/rows"
	cd "$TESTS" && tests ./*.bats | sed 's|^\./||' | sort >"$BATS_TEST_TMPDIR/all"
	tests gang*.bats guards*.bats mixed.bats races*.bats reconcile*.bats spot*.bats state*.bats crash*.bats soak.bats | sort >"$BATS_TEST_TMPDIR/tests"
}

@test "each row of doc/scenarios.md names a test that exists" {
	run -0 comm -23 <(uniq "$BATS_TEST_TMPDIR/rows") "$BATS_TEST_TMPDIR/all"
	[ -z "$output" ]
	# and each row of each table has one
	[ "$(grep -c '^|' "$PAGE")" -eq $(($(wc -l <"$BATS_TEST_TMPDIR/rows") + 2 * $(grep -c '^| ---' "$PAGE"))) ]
}

@test "each test of a gang has a row in doc/scenarios.md" {
	run -0 comm -13 <(uniq "$BATS_TEST_TMPDIR/rows") "$BATS_TEST_TMPDIR/tests"
	[ -z "$output" ]
}

@test "there are more than forty scenarios, and no row twice" {
	[ "$(wc -l <"$BATS_TEST_TMPDIR/rows")" -ge 40 ]
	run -0 uniq -d "$BATS_TEST_TMPDIR/rows"
	[ -z "$output" ]
}

# shellcheck disable=SC2016 # a backquote is a backquote
@test "each rule of reconcile is described, in the order in which it is carried out" {
	local doc=$BATS_TEST_DIRNAME/../../doc
	# judge.c's table, and the first column of the two pages'
	sed -nE 's/^\tINFO\(FINDING_[A-Z_]+, "([a-z-]+)",.*/\1/p' "$BATS_TEST_DIRNAME/../../helper/judge.c" >"$BATS_TEST_TMPDIR/rules"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/rules")" -ge 25 ]
	sed -nE 's/^\| `([a-z-]+)` \|.*/\1/p' "$doc/reconcile.md" >"$BATS_TEST_TMPDIR/described"
	run -0 comm -13 <(sort "$BATS_TEST_TMPDIR/rules") <(sort "$BATS_TEST_TMPDIR/described")
	[ -z "$output" ]
	run -0 comm -23 <(sort "$BATS_TEST_TMPDIR/rules") <(grep -ohE '`[a-z-]+`' "$doc/reconcile.md" "$doc/guards.md" | tr -d '`' | sort -u)
	[ -z "$output" ]
	diff <(grep -Fxf "$BATS_TEST_TMPDIR/described" "$BATS_TEST_TMPDIR/rules") "$BATS_TEST_TMPDIR/described"
}
