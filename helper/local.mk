# The power-save helper, and the small program that prolog and epilog run.
include helper/hook.mk
