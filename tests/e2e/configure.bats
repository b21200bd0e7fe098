#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# configure: what is missing is named with the package to install, options do what they say.

# shellcheck disable=SC2016,SC2164 # scripts are written here, not run; bats stops at what fails
bats_require_minimum_version 1.5.0

# One whole run fills the cache; it has a pkg-config that does not know $MISSING, whatever that is.
setup_file() {
	TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export TOP CACHE=$BATS_FILE_TMPDIR/config.cache
	unset CFLAGS CPPFLAGS LDFLAGS LIBS CC
	mkdir "$BATS_FILE_TMPDIR/bin" && cd "$BATS_FILE_TMPDIR"
	REAL=$(command -v pkg-config)
	printf '#!/bin/sh\ncase "$*" in *"$MISSING"*) echo "no $MISSING" >&2; exit 1 ;; esac\nexec %s "$@"\n' "$REAL" \
		>bin/pkg-config
	chmod 755 bin/pkg-config
	PATH=$BATS_FILE_TMPDIR/bin:$PATH MISSING='/' "$TOP/configure" --silent --cache-file="$CACHE"
	# what was found is no news, what pkg-config says is asked again
	sed -i '/pkg_cv_/d' "$CACHE"
}

setup() {
	cd "$BATS_TEST_TMPDIR"
	cp "$CACHE" config.cache
}

configure() { # OPTION-OR-VARIABLE...
	PATH=$BATS_FILE_TMPDIR/bin:$PATH MISSING=${MISSING:-/} "$TOP/configure" --config-cache "$@"
}

# the last line of a failed run that says why
error() {
	sed -n 's/^configure: error: //p' <<<"$output"
}

@test "a missing library is named with its packages" {
	while IFS='|' read -r module asked debian rhel; do
		MISSING=$module run -1 configure
		[ "$(error)" = "$asked not found: install $debian (Debian) or $rhel (RHEL)" ]
	done <<-'END'
		libcurl|libcurl >= 7.76|libcurl4-openssl-dev|libcurl-devel
		libcrypto|libcrypto >= 1.1.1|libssl-dev|openssl-devel
		libxml-2.0|libxml-2.0|libxml2-dev|libxml2-devel
		json-c|json-c|libjson-c-dev|json-c-devel
		yaml-0.1|yaml-0.1|libyaml-dev|libyaml-devel
		sqlite3|sqlite3 >= 3.26|libsqlite3-dev|sqlite-devel
	END
}

@test "without pkg-config: its packages" {
	sed -i '/PKG_CONFIG/d' config.cache
	mkdir bin
	# everything there is but pkg-config
	find /usr/bin /bin -maxdepth 1 ! -name '*pkg*conf*' ! -type d -exec ln -sft bin {} +
	PATH=$PWD/bin run -1 "$TOP/configure" --config-cache
	[ "$(error)" = 'pkg-config not found: install pkg-config (Debian) or pkgconf-pkg-config (RHEL)' ]
}

@test "without Slurm's headers or library: their packages" {
	local install='install libslurm-dev (Debian) or slurm-devel (RHEL), or give --with-slurm=PREFIX'
	sed -i '/slurm/d' config.cache
	# a compiler that sees no header of Slurm's; a linker that does not see the library
	printf '#!/bin/sh\nfor a; do last=$a; done\n[ ! -f "$last" ] || ! grep -q "<slurm/" "$last" || exit 1\nexec gcc "$@"\n' >no-headers
	printf '#!/bin/sh\ncase " $* " in *" -lslurm "*) exit 1 ;; esac\nexec gcc "$@"\n' >no-library
	chmod 755 no-headers no-library
	sed -i '/_CC\|_CPP\|prog/d' config.cache
	run -1 "$TOP/configure" CC="$PWD/no-headers"
	[ "$(error)" = "Slurm's headers not found: $install" ]
	run -1 "$TOP/configure" CC="$PWD/no-library"
	[ "$(error)" = "libslurm not found: $install" ]
}

@test "without Check everything but the unit tests is built, and the summary says so" {
	MISSING='check >= ' run -0 configure
	[[ $output == *$'\n  unit tests          no (install check on Debian, check-devel on RHEL)' ]]
}

@test "--with-slurm=PREFIX takes headers and library from there, and no others" {
	local so prefix=$PWD/opt/slurm
	so=$(gcc -print-file-name=libslurm.so)
	sed -i '/slurm/d' config.cache
	run -1 configure --with-slurm="$prefix"
	[ "$(error)" = "--with-slurm=$prefix: $prefix/include/slurm/spank.h does not exist" ]
	mkdir -p "$prefix/include" "$prefix/lib"
	ln -s "$(dirname "$(gcc -E -xc - <<<'#include <slurm/spank.h>' | sed -n 's/^# [0-9]* "\(.*spank\.h\)".*/\1/p' | head -n 1)")" \
		"$prefix/include/slurm"
	run -1 configure --with-slurm="$prefix"
	[ "$(error)" = "--with-slurm=$prefix: $prefix/lib/libslurm.so does not exist" ]
	ln -s "$so" "$prefix/lib/libslurm.so"
	run -0 configure --with-slurm="$prefix" --prefix=/opt/burst --with-slurm-plugindir="$prefix/lib/slurm"
	[[ $output =~ $'\n  Slurm               '[0-9.]+", $prefix"$'\n' ]]
	[[ $output == *$'\n  programs go to      /opt/burst/bin\n  plugin goes to      '"$prefix/lib/slurm"$'\n'* ]]
	grep -qx "SLURM_CPPFLAGS = -I$prefix/include" Makefile
	grep -qx "SLURM_LIBS = -L$prefix/lib -Wl,-rpath,$prefix/lib -lslurm" Makefile
	# the library's directory comes from there indeed
	make --silent -j2 tests/e2e/slurm_driver
	readelf -d tests/e2e/slurm_driver | grep -F "[$prefix/lib]"
	run -1 configure --without-slurm
	[ "$(error)" = '--without-slurm: this package is nothing without Slurm' ]
}

@test "a Slurm that is too old is refused" {
	sed -i 's/^x_cv_slurm_version=.*/x_cv_slurm_version=21.08.8/' config.cache
	run -1 configure x_cv_slurm_version=21.08.8
	[ "$(error)" = 'Slurm 21.08.8 is too old: 22.05 or later is needed' ]
}

@test "--enable and --disable of werror, sanitizers, coverage" {
	run -0 configure
	[[ $output == *$'\n  warnings are errors no\n  sanitizers          no\n  coverage            no\n'* ]]
	run -0 configure --disable-werror --disable-sanitizers --disable-coverage
	[[ $output == *$'\n  warnings are errors no\n  sanitizers          no\n  coverage            no\n'* ]]
	run -1 grep -E '^(WARN|SANITIZE|COVERAGE)_CFLAGS = .*(-Werror|-fsanitize|--coverage)' Makefile
	run -0 configure --enable-werror --enable-sanitizers --enable-coverage
	[[ $output == *$'\n  warnings are errors yes\n  sanitizers          yes\n  coverage            yes\n'* ]]
	grep -E '^WARN_CFLAGS = .* -Werror$' Makefile
	grep -x 'SANITIZE_CFLAGS =  -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer' Makefile
	grep -x 'COVERAGE_CFLAGS = --coverage -fprofile-update=atomic' Makefile
	# coverage wants lines as they are written, unless the user has a wish of her own
	grep -x 'CFLAGS = -g -O0' Makefile
}

@test "CFLAGS, CPPFLAGS and LDFLAGS are the user's, and come last" {
	sed -i '/env_\|ac_cv_prog_cc\|ac_cv_c_/d' config.cache
	run -0 configure --enable-coverage CFLAGS='-O1 -Wno-shadow' CPPFLAGS=-DMINE LDFLAGS=-Wl,-O1
	grep -x 'CFLAGS = -O1 -Wno-shadow' Makefile
	grep -x 'LDFLAGS = -Wl,-O1' Makefile
	run -0 make -n V=1 lib/base/err.o
	[[ $output == *' -Wshadow '*' -O1 -Wno-shadow '* ]]
	[[ $output == *' -DMINE '* ]]
}
