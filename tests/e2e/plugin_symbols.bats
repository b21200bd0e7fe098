#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the plugin shows to, and wants from, the process that loads it.

bats_require_minimum_version 1.5.0
load submit_cluster

setup() {
	[ -r "$PLUGIN" ] || skip "needs $PLUGIN (BURST_PREFIX or BURST_BUILD)"
}

@test "exports what Slurm looks up, nothing else" {
	run -0 nm -D --defined-only --format=posix "$PLUGIN"
	[ "$(cut -d' ' -f1 <<<"$output" | LC_ALL=C sort | tr '\n' ' ')" = \
		"plugin_name plugin_type plugin_version slurm_spank_init slurm_spank_init_post_opt " ]
}

@test "needs libc and no other library" {
	run -0 readelf -dW "$PLUGIN"
	[ "$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$output")" = "libc.so.6" ]
}

@test "wants only SPANK's calls from the host process" {
	run -0 nm -D --undefined-only --format=posix "$PLUGIN"
	# libc's have a version (name@GLIBC_2.2.5), weak ones are the compiler's hooks
	[ "$(awk '$2 == "U" && $1 !~ /@/ {print $1}' <<<"$output" | LC_ALL=C sort | tr '\n' ' ')" = \
		"slurm_debug slurm_error slurm_spank_log spank_context spank_job_control_setenv spank_option_register spank_strerror " ]
}

@test "calls nothing of libc that a guest must not" {
	run -0 nm -D --undefined-only --format=posix "$PLUGIN"
	run -1 grep -E '^(exit|_exit|abort|signal|sigaction|fork|execv|pthread_|socket|connect|umask|chdir|setlocale|atexit)' <<<"$output"
}
