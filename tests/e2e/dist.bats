#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The release tarball: it holds the whole tree, builds where there is no git, installs what it should and takes
# all of it away again.

# shellcheck disable=SC2016,SC2164 # scripts are written here, not run; bats stops at what fails
bats_require_minimum_version 1.5.0

setup_file() {
	TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export TOP
	unset CFLAGS CPPFLAGS LDFLAGS LIBS CC MAKEFLAGS
	cd "$BATS_FILE_TMPDIR"
	# no build, and no test, may want git
	mkdir bin made dest
	printf '#!/bin/sh\necho "git $*" >>%s/git-was-called\nexit 1\n' "$BATS_FILE_TMPDIR" >bin/git
	chmod 755 bin/git
	(cd made && "$TOP/configure" --silent && make --silent dist)
	tar -xf made/aws-slurm-burst-*.tar.xz
	TREE=$(echo "$BATS_FILE_TMPDIR"/aws-slurm-burst-*/)
	TREE=${TREE%/}
	export TREE DEST=$BATS_FILE_TMPDIR/dest
}

setup() {
	cd "$BATS_FILE_TMPDIR"
}

# the files of the source tree: git's list, or in a tarball what is there
sources() {
	if [ -e "$TOP/.git" ]; then
		git -C "$TOP" ls-files
	else
		(cd "$TOP" && find . -path './build*' -prune -o -type f -print | sed 's,^\./,,')
	fi | grep -vE '(^|/)\.gitignore$' | sort
}

@test "it holds every file of the tree" {
	(cd "$TREE" && find . -type f | sed 's,^\./,,' | sort) >held
	sources >wanted
	[ "$(wc -l <wanted)" -gt 200 ]
	run -0 comm -23 wanted held
	echo "missing: $output"
	[ -z "$output" ]
	# … and nothing that a build or a test left
	run -1 grep -E '\.(o|a|so|pyc|log|trs)$|__pycache__|^config\.(log|status)$|schema\.c$' held
}

@test "what is executable is so in it" {
	[ -x "$TREE/configure" ]
	(cd "$TOP" && find contrib .ci autogen.sh -type f -perm -u+x) | while read -r file; do
		[ -x "$TREE/$file" ] || { echo "$file"; exit 1; }
	done
}

@test "it builds and installs where there is no git" {
	mkdir built && cd built
	# shellcheck disable=SC2030,SC2031 # each test is a process of its own
	export PATH=$BATS_FILE_TMPDIR/bin:$PATH
	"$TREE/configure" --silent --enable-werror --prefix=/usr --sysconfdir=/etc --localstatedir=/var \
		--with-slurm-plugindir=/usr/lib/slurm
	make --silent -j2
	make --silent install DESTDIR="$DEST"
	[ ! -e ../git-was-called ]
}

@test "the lint of a tarball checks the tarball's files" {
	# the tools are others' and cost time; what they are given is asked here
	printf '#!/bin/sh\n[ "$1" != --version ] || { echo "version 14.0"; exit 0; }\nfor a; do echo "$a"; done >>%s/given\n' "$PWD" \
		>bin/clang-format
	chmod 755 bin/clang-format
	cp bin/clang-format bin/shellcheck
	cp bin/clang-format bin/cppcheck
	# shellcheck disable=SC2031
	PATH=$PWD/bin:$PATH run -0 "$TREE/contrib/ci/lint"
	[[ $output =~ ^'lint: '[0-9]+' C files, '[0-9]+' shell files: clean'$ ]]
	for file in lib/base/err.c contrib/ci/lint contrib/rehearsal/run autogen.sh; do grep -qx "$file" given; done
	run -1 grep -E '^(configure|build-aux/.*)$' given
	[ ! -e git-was-called ]
}

@test "programs, hooks, plugin, compute node, documents and examples are installed, and nothing else" {
	run -0 diff - <(cd "$DEST" && find . ! -type d | sed 's,^\.,,' | sort) <<-'END'
		/usr/bin/aws-slurm-burst
		/usr/bin/aws-slurm-burst-epilog
		/usr/bin/aws-slurm-burst-hook
		/usr/bin/aws-slurm-burst-prolog
		/usr/bin/aws-slurm-burst-resume
		/usr/bin/aws-slurm-burst-resume-fail
		/usr/bin/aws-slurm-burst-suspend
		/usr/lib/slurm/spank_burst.so
		/usr/share/aws-slurm-burst/compute-node/README.md
		/usr/share/aws-slurm-burst/compute-node/burst-hosts
		/usr/share/aws-slurm-burst/compute-node/burst-identity
		/usr/share/aws-slurm-burst/compute-node/burst-node
		/usr/share/aws-slurm-burst/compute-node/burst-node.default
		/usr/share/aws-slurm-burst/compute-node/burst-node.service
		/usr/share/aws-slurm-burst/compute-node/burst-notice
		/usr/share/aws-slurm-burst/compute-node/burst-notice.service
		/usr/share/aws-slurm-burst/systemd/aws-slurm-burst-reconcile.service
		/usr/share/aws-slurm-burst/systemd/aws-slurm-burst-reconcile.timer
		/usr/share/aws-slurm-burst/systemd/aws-slurm-burst-watch.service
		/usr/share/doc/aws-slurm-burst/LICENSE
		/usr/share/doc/aws-slurm-burst/NEWS
		/usr/share/doc/aws-slurm-burst/README.md
		/usr/share/doc/aws-slurm-burst/accounting.md
		/usr/share/doc/aws-slurm-burst/catalog.md
		/usr/share/doc/aws-slurm-burst/cost.md
		/usr/share/doc/aws-slurm-burst/detect.md
		/usr/share/doc/aws-slurm-burst/estimate.md
		/usr/share/doc/aws-slurm-burst/examples/aws-burst.yaml.example
		/usr/share/doc/aws-slurm-burst/examples/iam-policy.json
		/usr/share/doc/aws-slurm-burst/examples/plugstack.conf.example
		/usr/share/doc/aws-slurm-burst/examples/spot-events.yaml
		/usr/share/doc/aws-slurm-burst/guards.md
		/usr/share/doc/aws-slurm-burst/install.md
		/usr/share/doc/aws-slurm-burst/limits.md
		/usr/share/doc/aws-slurm-burst/money.md
		/usr/share/doc/aws-slurm-burst/plugin.md
		/usr/share/doc/aws-slurm-burst/prices.md
		/usr/share/doc/aws-slurm-burst/reconcile.md
		/usr/share/doc/aws-slurm-burst/scenarios.md
		/usr/share/doc/aws-slurm-burst/spot.md
		/usr/share/doc/aws-slurm-burst/state.md
	END
	# the names that slurm.conf knows reach their programs wherever the tree is moved to
	for link in resume resume-fail suspend prolog epilog; do
		[[ $(readlink "$DEST/usr/bin/aws-slurm-burst-$link") != /* ]]
		[ -x "$DEST/usr/bin/aws-slurm-burst-$link" ]
	done
}

@test "uninstall takes away all that install brought" {
	touch "$DEST/usr/bin/of-another-package"
	make -C built --silent uninstall DESTDIR="$DEST"
	run -0 find "$DEST" ! -type d
	[ "$output" = "$DEST/usr/bin/of-another-package" ]
}
