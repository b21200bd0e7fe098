# slurm: the only room with libslurm (slurm_client) and the resume file
noinst_LIBRARIES += libslurmclient.a
libslurmclient_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSON_CFLAGS)
libslurmclient_a_SOURCES = \
	lib/slurm/resumefile.c lib/slurm/resumefile.h \
	lib/slurm/slurm_client.c lib/slurm/slurm_client.h
# End of libslurmclient_a_SOURCES
