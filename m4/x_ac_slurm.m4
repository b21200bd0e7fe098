# SYNOPSIS
#   X_AC_SLURM
#
# DESCRIPTION
#   Find Slurm's headers and libslurm, by --with-slurm=PREFIX or in the
#   system's directories, and probe what differs between its versions.
#   PREFIX/lib may be lib64, or Debian's lib/ARCHITECTURE.
#   Sets SLURM_CPPFLAGS, SLURM_LIBS, SLURM_PLUGIN_DIR, x_cv_slurm_version.
AC_DEFUN([X_AC_SLURM], [
  AC_ARG_WITH([slurm],
    [AS_HELP_STRING([--with-slurm=PREFIX], [where Slurm is installed (default: the system)])],
    [x_slurm_prefix="$withval"], [x_slurm_prefix=])
  AS_CASE([$x_slurm_prefix],
    [no], [AC_MSG_ERROR([--without-slurm: this package is nothing without Slurm])],
    [yes | /usr], [x_slurm_prefix=])
  SLURM_CPPFLAGS=
  SLURM_LIBS=-lslurm
  AS_IF([test -n "$x_slurm_prefix"], [
    AS_IF([test ! -f "$x_slurm_prefix/include/slurm/spank.h"],
      [AC_MSG_ERROR([--with-slurm=$x_slurm_prefix: $x_slurm_prefix/include/slurm/spank.h does not exist])])
    SLURM_CPPFLAGS="-I$x_slurm_prefix/include"
    # never the headers of one Slurm and the library of another
    SLURM_LIBS=
    for x_dir in lib64 lib "lib/`$CC -print-multiarch 2>/dev/null`"; do
      AS_IF([test -z "$SLURM_LIBS" && test -e "$x_slurm_prefix/$x_dir/libslurm.so"],
        [SLURM_LIBS="-L$x_slurm_prefix/$x_dir -Wl,-rpath,$x_slurm_prefix/$x_dir -lslurm"])
    done
    AS_IF([test -z "$SLURM_LIBS"],
      [AC_MSG_ERROR([--with-slurm=$x_slurm_prefix: $x_slurm_prefix/lib/libslurm.so does not exist])])
  ])
  x_save_CPPFLAGS=$CPPFLAGS
  x_save_LIBS=$LIBS
  CPPFLAGS="$CPPFLAGS $SLURM_CPPFLAGS"
  LIBS="$SLURM_LIBS $LIBS"
  AC_CHECK_HEADERS([slurm/slurm.h slurm/spank.h slurm/slurm_errno.h], [],
    [AC_MSG_ERROR([Slurm's headers not found: install libslurm-dev (Debian) or slurm-devel (RHEL), or give --with-slurm=PREFIX])])
  AC_CHECK_FUNC([slurm_load_job], [],
    [AC_MSG_ERROR([libslurm not found: install libslurm-dev (Debian) or slurm-devel (RHEL), or give --with-slurm=PREFIX])])
  AC_CHECK_MEMBERS([update_node_msg_t.instance_id, update_node_msg_t.instance_type,
    update_node_msg_t.topology_str, update_node_msg_t.extra], [], [], [[#include <slurm/slurm.h>]])
  # slurm_free_ctl_conf has this name in current releases
  AC_CHECK_DECLS([slurm_free_conf], [], [], [[#include <slurm/slurm.h>]])
  # 26.05 has an error of its own for nodes that are not as a change of state wants them
  AC_CHECK_DECLS([ESLURM_INVALID_NODE_STATE_TRANSITION], [], [], [[#include <slurm/slurm_errno.h>]])
  # up to 23.02 hostlist_t is a pointer type, from 23.11 a structure
  AC_CACHE_CHECK([whether hostlist_t is a pointer], [x_cv_slurm_hostlist_pointer],
    [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <slurm/slurm.h>]],
      [[hostlist_t h = slurm_hostlist_create("a"); slurm_hostlist_destroy(h);]])],
      [x_cv_slurm_hostlist_pointer=yes], [x_cv_slurm_hostlist_pointer=no])])
  AS_IF([test "$x_cv_slurm_hostlist_pointer" = yes],
    [AC_DEFINE([SLURM_HOSTLIST_IS_POINTER], [1], [hostlist_t is a pointer type (up to 23.02)])])
  AC_CACHE_CHECK([for Slurm's version], [x_cv_slurm_version], [
    x_number=`printf '#include <slurm/slurm_version.h>\n' |
      $CPP $CPPFLAGS -dM - 2>/dev/null | sed -n 's/^#define SLURM_VERSION_NUMBER //p'`
    x_number=`printf '%d' "$x_number"`
    x_cv_slurm_version=`expr $x_number / 65536`.`printf '%02d' \`expr $x_number / 256 % 256\``.`expr $x_number % 256`
  ])
  # 22.05 is the first that tells ResumeProgram which jobs its nodes are for
  AS_VERSION_COMPARE([$x_cv_slurm_version], [22.05],
    [AC_MSG_ERROR([Slurm $x_cv_slurm_version is too old: 22.05 or later is needed])])
  CPPFLAGS=$x_save_CPPFLAGS
  LIBS=$x_save_LIBS
  AC_ARG_WITH([slurm-plugindir],
    [AS_HELP_STRING([--with-slurm-plugindir=DIR], [where spank_burst.so goes (default: LIBDIR/slurm)])],
    [SLURM_PLUGIN_DIR="$withval"], [SLURM_PLUGIN_DIR='${libdir}/slurm'])
  AC_SUBST([SLURM_CPPFLAGS])
  AC_SUBST([SLURM_LIBS])
  AC_SUBST([SLURM_PLUGIN_DIR])
])
