# slurm: the only room with libslurm (slurm_client) and the resume file
noinst_LIBRARIES += libslurmclient.a
libslurmclient_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSON_CFLAGS)
libslurmclient_a_SOURCES = \
	lib/slurm/resumefile.c lib/slurm/resumefile.h \
	lib/slurm/slurm_client.h lib/slurm/slurm_internal.h \
	lib/slurm/slurm_dbd.c \
	lib/slurm/slurm_job.c lib/slurm/slurm_node.c \
	lib/slurm/slurm_pure.c lib/slurm/slurm_pure.h \
	lib/slurm/slurm_site.c
# End of libslurmclient_a_SOURCES
