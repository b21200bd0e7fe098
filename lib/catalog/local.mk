# catalog: instance types, network interface layouts, built-in prices; pure
noinst_LIBRARIES += libcatalog.a
libcatalog_a_SOURCES = \
	lib/catalog/catalog.c lib/catalog/catalog.h \
	lib/catalog/nic.c \
	lib/catalog/prices.inc \
	lib/catalog/quota.c \
	lib/catalog/told.c lib/catalog/told.h \
	lib/catalog/types.inc
# End of libcatalog_a_SOURCES
