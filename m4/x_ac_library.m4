# SYNOPSIS
#   X_AC_LIBRARY(PREFIX, PKG-CONFIG-MODULE, DEBIAN-PACKAGE, RHEL-PACKAGE)
#
# DESCRIPTION
#   Find a required library by pkg-config; where it is missing, say which
#   package to install. Sets PREFIX_CFLAGS and PREFIX_LIBS.
AC_DEFUN([X_AC_LIBRARY], [
  PKG_CHECK_MODULES([$1], [$2], [],
    [AC_MSG_ERROR([$2 not found: install $3 (Debian) or $4 (RHEL)])])
])

# SYNOPSIS
#   X_AC_CHECK_FRAMEWORK
#
# DESCRIPTION
#   Check, the unit test framework: needed by "make check" only.
#   Sets the automake conditional HAVE_CHECK.
AC_DEFUN([X_AC_CHECK_FRAMEWORK], [
  PKG_CHECK_MODULES([CHECK], [check >= 0.10], [x_have_check=yes],
    [x_have_check="no (install check on Debian, check-devel on RHEL)"])
  AM_CONDITIONAL([HAVE_CHECK], [test "x$x_have_check" = xyes])
])
