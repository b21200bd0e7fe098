#!/bin/sh
# Make configure out of a git checkout; a release tarball does not need it.
set -e
cd "$(dirname "$0")"
exec autoreconf --install --force --warnings=all,no-obsolete
