#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# contrib/ci/lint finds each kind of breach, in a tree of three files.

# shellcheck disable=SC2016,SC2164 # scripts are written here, not run; bats stops at what fails
bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p contrib/ci lib/base lib/plan helper plugin
	cp "$BATS_TEST_DIRNAME/../../contrib/ci/lint" contrib/ci/
	cp "$BATS_TEST_DIRNAME/../../.clang-format" .
	c lib/base/good.c 'int good(void)' '{' $'\treturn 0;' '}'
}

# c FILE LINE...: a C file with its licence
c() {
	local file=$1
	shift
	printf '%s\n' '/* SPDX-License-Identifier: Apache-2.0 */' "$@" >"$file"
}

# breach TEXT: lint fails, and says this
breach() {
	run -1 contrib/ci/lint
	[[ $output == *"$1"* ]] || { echo "$output"; false; }
	[[ $output != *': clean'* ]]
}

@test "a clean tree is clean" {
	run -0 contrib/ci/lint
	[ "$output" = 'lint: 1 C files, 1 shell files: clean' ]
}

@test "what git does not know of is not checked, what is new is" {
	git init -q
	printf 'other\n' >.gitignore
	mkdir other && echo 'nonsense' >other/x.c
	run -0 contrib/ci/lint
	c lib/base/new.c 'int  bad;'
	breach 'lib/base/new.c:2:'
}

@test "layout" {
	c lib/base/bad.c 'int bad(void) { return 0; }'
	breach 'lib/base/bad.c:2:14: error: code should be clang-formatted'
}

@test "another clang-format than the pinned one" {
	mkdir bin
	printf '#!/bin/sh\necho clang-format version 19.1\n' >bin/clang-format
	chmod 755 bin/clang-format
	PATH=$PWD/bin:$PATH breach 'lint: clang-format 14 expected, found: clang-format version 19.1'
}

@test "shell" {
	printf '#!/bin/bash\nrm $1\n' >contrib/bad
	breach 'SC2086'
}

@test "a banned function" {
	c lib/base/bad.c '#include <stdlib.h>' '' 'int bad(const char *s);' '' 'int bad(const char *s)' '{' \
		$'\treturn atoi(s);' '}'
	breach 'lib/base/bad.c:8:'
	[[ $output == *'lint: banned functions above; see CONTRIBUTING.md'* ]]
}

@test "floating point where money is" {
	c lib/plan/bad.c 'static const double price = 1;'
	breach 'lint: floating point in a room that counts money'
}

@test "a room includes one below it" {
	c lib/base/bad.c '#include "lib/plan/plan.h"'
	breach 'lint: lib/base/bad.c includes lib/plan/plan.h: not above lib/base'
}

@test "a library in the wrong room" {
	c helper/bad.c '#include <curl/curl.h>'
	breach 'lint: helper/bad.c includes <curl/…: only lib/aws may'
	c helper/bad.c '#include <slurm/slurm.h>'
	breach 'lint: helper/bad.c includes <slurm/slurm…: only lib/slurm may'
}

@test "a file that is too long" {
	c lib/base/bad.c "$(yes 'extern int a;' | head -n 800)"
	breach 'lint: lib/base/bad.c has 801 lines, 800 at most'
}

@test "a file without its licence" {
	echo 'int a;' >lib/base/bad.c
	breach 'lint: lib/base/bad.c does not begin with its licence'
}

@test "static analysis" {
	c lib/base/bad.c 'int bad(void);' '' 'int bad(void)' '{' $'\tint a[2] = {0, 1};' '' $'\treturn a[2];' '}'
	breach 'arrayIndexOutOfBounds'
}
