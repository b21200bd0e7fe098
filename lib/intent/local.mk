# intent: libc and base only; shared with the plugin
noinst_LIBRARIES += libintent.a
libintent_a_SOURCES = \
	lib/intent/intent.c lib/intent/intent.h \
	lib/intent/record.c lib/intent/record.h
# End of libintent_a_SOURCES
