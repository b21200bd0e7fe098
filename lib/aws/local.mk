# aws: the only room with curl, OpenSSL and libxml2
noinst_LIBRARIES += libaws.a
libaws_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(OPENSSL_CFLAGS) $(XML_CFLAGS) $(JSON_CFLAGS)
libaws_a_SOURCES = \
	lib/aws/aws.h \
	lib/aws/ec2.h
# End of libaws_a_SOURCES
AWS_LIBS = $(CURL_LIBS) $(OPENSSL_LIBS) $(XML_LIBS) $(JSON_LIBS)
