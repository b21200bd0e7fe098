# Fuzzing; not part of all or check: make fuzz FUZZ_SECONDS=180
.PHONY: fuzz
fuzz: config.h
	$(top_srcdir)/tests/fuzz/run $(FUZZ_SECONDS)

EXTRA_DIST += \
	tests/fuzz/clock.c \
	tests/fuzz/conf.c \
	tests/fuzz/creds.c \
	tests/fuzz/detect.c \
	tests/fuzz/ec2.c \
	tests/fuzz/event.c \
	tests/fuzz/fuzz.h \
	tests/fuzz/intent.c \
	tests/fuzz/json_call.c \
	tests/fuzz/kv.c \
	tests/fuzz/memfile.h \
	tests/fuzz/nodeset.c \
	tests/fuzz/pricing.c \
	tests/fuzz/profile.c \
	tests/fuzz/resumefile.c \
	tests/fuzz/run \
	tests/fuzz/seeds
