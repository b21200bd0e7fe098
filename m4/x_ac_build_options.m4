# The options of the build. The user's CFLAGS and LDFLAGS are hers: what we
# want stands in WARN_CFLAGS, HARDEN_CFLAGS, HARDEN_LDFLAGS, SANITIZE_CFLAGS and
# COVERAGE_CFLAGS, which the Makefile adds to its own flags.

# SYNOPSIS
#   X_AC_TRY_FLAGS(VARIABLE, FLAGS, [LINK])
#
# DESCRIPTION
#   Append each of FLAGS that the compiler (and linker, with LINK) takes.
AC_DEFUN([X_AC_TRY_FLAGS], [
  for x_flag in m4_normalize([$2]); do
    AC_MSG_CHECKING([whether $CC takes $x_flag])
    x_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $x_flag"
    m4_ifblank([$3],
      [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])], [x_takes=yes], [x_takes=no])],
      [AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [x_takes=yes], [x_takes=no])])
    CFLAGS=$x_save_CFLAGS
    AC_MSG_RESULT([$x_takes])
    AS_IF([test "$x_takes" = yes], [$1="$$1 $x_flag"])
  done
  AC_SUBST([$1])
])

AC_DEFUN([X_AC_WARNINGS], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [treat warnings as errors (CI does)])],
    [], [enable_werror=no])
  X_AC_TRY_FLAGS([WARN_CFLAGS], [-Wall -Wextra -Wshadow -Wformat=2 -Wformat-truncation=1
    -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wpointer-arith
    -Wwrite-strings -Wundef -Wvla -Wcast-qual -Wimplicit-fallthrough -Wnull-dereference
    -Wduplicated-cond -Wlogical-op -Wno-unused-parameter -Wno-missing-field-initializers])
  AS_IF([test "x$enable_werror" = xyes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
])

AC_DEFUN([X_AC_HARDENING], [
  X_AC_TRY_FLAGS([HARDEN_CFLAGS], [-fstack-protector-strong -fstack-clash-protection -fcf-protection])
  X_AC_TRY_FLAGS([HARDEN_LDFLAGS], [-Wl,-z,noexecstack -Wl,-z,relro -Wl,-z,now], [link])
])

AC_DEFUN([X_AC_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers], [build with the address and undefined behaviour sanitizers])],
    [], [enable_sanitizers=no])
  AS_IF([test "x$enable_sanitizers" = xyes], [
    X_AC_TRY_FLAGS([SANITIZE_CFLAGS], [-fsanitize=address,undefined], [link])
    AS_IF([test -z "$SANITIZE_CFLAGS"],
      [AC_MSG_ERROR([--enable-sanitizers: $CC cannot link with them: install gcc (Debian) or libasan and libubsan (RHEL)])])
    SANITIZE_CFLAGS="$SANITIZE_CFLAGS -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
  ])
  AC_SUBST([SANITIZE_CFLAGS])
  AM_CONDITIONAL([SANITIZERS], [test "x$enable_sanitizers" = xyes])
])

# Before AC_PROG_CC, which sets CFLAGS where the user did not.
AC_DEFUN([X_AC_USER_FLAGS], [x_user_cflags=${CFLAGS+yes}])

AC_DEFUN([X_AC_COVERAGE], [
  AC_ARG_ENABLE([coverage],
    [AS_HELP_STRING([--enable-coverage], [build with gcov's instrumentation])],
    [], [enable_coverage=no])
  AS_IF([test "x$enable_coverage" = xyes],
    [COVERAGE_CFLAGS="--coverage -fprofile-update=atomic"
     AS_IF([test "x$x_user_cflags" != xyes], [CFLAGS="-g -O0"])])
  AC_SUBST([COVERAGE_CFLAGS])
  AM_CONDITIONAL([COVERAGE], [test "x$enable_coverage" = xyes])
])

# What a Makefile variable will be: ${libdir} holds ${exec_prefix} holds ${prefix}.
AC_DEFUN([X_AC_EXPAND], [
  $1=$2
  for x_level in 1 2 3; do
    eval $1="\"$$1\""
  done
])

AC_DEFUN([X_AC_SUMMARY], [
  X_AC_EXPAND([x_bindir], ["$bindir"])
  X_AC_EXPAND([x_plugindir], ["$SLURM_PLUGIN_DIR"])
  X_AC_EXPAND([x_sysconfdir], ["$sysconfdir"])
  X_AC_EXPAND([x_localstatedir], ["$localstatedir"])
  AS_IF([test "$silent" != yes], [cat <<X_EOF

$PACKAGE_NAME $PACKAGE_VERSION

  Slurm               $x_cv_slurm_version, ${x_slurm_prefix:-the system's}
  programs go to      $x_bindir
  plugin goes to      $x_plugindir
  configuration       $x_sysconfdir/slurm/aws-burst.yaml
  state               $x_localstatedir/lib/aws-slurm-burst
  compiler            $CC $CFLAGS
  warnings are errors $enable_werror
  sanitizers          $enable_sanitizers
  coverage            $enable_coverage
  unit tests          $x_have_check

X_EOF
  ])
])
