/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/http.h"

#include <curl/curl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/cleanup.h"

#define KEPT 16 /* connections; libcurl's own rule keeps fewer than run at a time */

struct http {
	CURLM *multi;
};

struct http_transfer {
	struct http *http;
	CURL *curl;
	const struct http_request *request;
	struct http_answer *answer;
	struct curl_slist *headers;
	char reason[CURL_ERROR_SIZE];
	size_t received;
	bool stopped; /* by us, for the reason in err */
	struct err err;
	bool ended;
	CURLcode rc;
};

struct http *http_create(struct err *err)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http) {
		err_nomem(err);
		return NULL;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		err_set(err, ERR_FATAL, "libcurl cannot be initialised");
		free(http);
		return NULL;
	}
	http->multi = curl_multi_init();
	if (!http->multi) {
		err_nomem(err);
		http_destroy(http);
		return NULL;
	}
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)KEPT);
	return http;
}

void http_destroy(struct http *http)
{
	if (!http)
		return;
	curl_multi_cleanup(http->multi);
	curl_global_cleanup();
	free(http);
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;

	n *= size;
	if (n > t->request->max_answer - t->received) {
		err_set(&t->err, ERR_FATAL, "the answer is larger than %zu bytes",
			t->request->max_answer);
		t->stopped = true;
		return 0;
	}
	t->received += n;
	if (t->request->sink && t->request->sink(t->request->arg, data, n, &t->err) < 0) {
		t->stopped = true;
		return 0;
	}
	return n;
}

/* The value if LINE (not NUL-ended) is header NAME, copied without blanks at its ends. */
static bool header_value(const char *line, size_t len, const char *name, char *out, size_t size)
{
	size_t n = strlen(name);

	if (len <= n || strncasecmp(line, name, n) || line[n] != ':')
		return false;
	line += n + 1;
	len -= n + 1;
	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len && (unsigned char)line[len - 1] <= ' ')
		len--;
	if (len >= size)
		len = size - 1;
	memcpy(out, line, len);
	out[len] = '\0';
	return true;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;
	struct http_answer *answer = t->answer;
	char value[64], *end;

	n *= size;
	if (header_value(data, n, "date", value, sizeof(value)))
		answer->date_s = (int64_t)curl_getdate(value, NULL);
	if (header_value(data, n, "content-type", value, sizeof(value)))
		snprintf(answer->content_type, sizeof(answer->content_type), "%s", value);
	if (header_value(data, n, "x-amz-retry-after", value, sizeof(value))) {
		long ms = strtol(value, &end, 10);

		if (end != value && !*end && ms >= 0)
			answer->retry_after_ms = ms;
	}
	return n;
}

static enum err_class class_of(CURLcode rc)
{
	switch (rc) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
		return ERR_CONFIG;
	case CURLE_OUT_OF_MEMORY:
	case CURLE_FAILED_INIT:
		return ERR_FATAL;
	default:
		return ERR_TRANSIENT;
	}
}

static void wipe_list(struct curl_slist *list)
{
	for (struct curl_slist *l = list; l; l = l->next)
		OPENSSL_cleanse(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

static struct curl_slist *list_headers(const struct http_request *request)
{
	struct curl_slist *list = NULL, *longer;

	/* "Expect: 100-continue" would cost a round trip on large bodies */
	for (size_t i = 0; i <= request->nheaders; i++) {
		longer = curl_slist_append(list, i ? request->headers[i - 1] : "Expect:");
		if (!longer) {
			wipe_list(list);
			return NULL;
		}
		list = longer;
	}
	return list;
}

static void set_options(CURL *curl, const struct http_request *request, struct http_transfer *t)
{
	curl_easy_setopt(curl, CURLOPT_URL, request->url);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
	if (request->ca_bundle) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_bundle);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (request->fresh)
		curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
	if (request->no_proxy)
		curl_easy_setopt(curl, CURLOPT_PROXY, "");
	if (request->body) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->len);
	}
	if (strcmp(request->method, request->body ? "POST" : "GET"))
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

static void transfer_destroy(struct http_transfer *t)
{
	if (t->curl) {
		curl_multi_remove_handle(t->http->multi, t->curl); /* also where it is not in */
		curl_easy_cleanup(t->curl);
	}
	wipe_list(t->headers);
	free(t);
}

struct http_transfer *http_start(struct http *http, const struct http_request *request,
	struct http_answer *answer, struct err *err)
{
	struct http_transfer *t = calloc(1, sizeof(*t));

	*answer = (struct http_answer){.date_s = -1, .retry_after_ms = -1};
	if (!t) {
		err_nomem(err);
		return NULL;
	}
	t->http = http;
	t->request = request;
	t->answer = answer;
	t->headers = list_headers(request);
	t->curl = curl_easy_init();
	if (!t->headers || !t->curl)
		goto error;
	set_options(t->curl, request, t);
	curl_easy_setopt(t->curl, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, t->reason);
	if (curl_multi_add_handle(http->multi, t->curl))
		goto error;
	return t;
error:
	err_nomem(err);
	transfer_destroy(t);
	return NULL;
}

/* True: at least one ended since the last time. */
static bool collect(struct http *http)
{
	bool any = false;
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(http->multi, &left))) {
		char *private = NULL;
		struct http_transfer *t;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private);
		t = (struct http_transfer *)(void *)private;
		t->rc = msg->data.result;
		t->ended = any = true;
	}
	return any;
}

int http_drive(struct http *http, int64_t timeout_ms, struct err *err)
{
	int wait_ms = timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms, running;
	CURLMcode rc = curl_multi_perform(http->multi, &running);

	if (collect(http))
		return 0;
	if (!rc && wait_ms > 0)
		rc = curl_multi_poll(http->multi, NULL, 0, wait_ms, NULL);
	if (!rc)
		rc = curl_multi_perform(http->multi, &running);
	collect(http);
	return rc ? err_set(err, ERR_FATAL, "libcurl: %s", curl_multi_strerror(rc)) : 0;
}

bool http_ended(const struct http_transfer *transfer)
{
	return transfer->ended;
}

int http_finish(struct http_transfer *t, struct err *err)
{
	struct http_answer *answer = t->answer;
	long sent = 0;
	int rc = 0;

	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &answer->status);
	/* still 0 where name, connection or TLS failed */
	curl_easy_getinfo(t->curl, CURLINFO_REQUEST_SIZE, &sent);
	answer->sent = sent > 0;
	answer->timed_out = t->ended && t->rc == CURLE_OPERATION_TIMEDOUT;
	if (t->stopped) {
		if (err)
			*err = t->err;
		rc = -1;
	} else if (!t->ended) {
		rc = err_set(err, ERR_TRANSIENT, "%s: given up before its end", t->request->url);
	} else if (t->rc) {
		rc = err_set(err, class_of(t->rc), "%s: %s", t->request->url,
			t->reason[0] ? t->reason : curl_easy_strerror(t->rc));
	}
	transfer_destroy(t);
	return rc;
}

int http_perform(struct http *http, const struct http_request *request, struct http_answer *answer,
	struct err *err)
{
	struct http_transfer *t = http_start(http, request, answer, err);

	if (!t)
		return -1;
	while (!http_ended(t))
		if (http_drive(http, 1000, NULL) < 0)
			break;
	return http_finish(t, err);
}

int http_buffer_create(struct http_buffer *buffer, size_t size, struct err *err)
{
	*buffer = (struct http_buffer){.data = calloc(1, size), .size = size};
	return buffer->data ? 0 : err_nomem(err);
}

int http_buffer_sink(void *arg, const char *data, size_t len, struct err *err)
{
	struct http_buffer *buffer = arg;

	if (len >= buffer->size - buffer->len)
		return err_set(
			err, ERR_FATAL, "the answer is larger than %zu bytes", buffer->size - 1);
	memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
	buffer->data[buffer->len] = '\0';
	return 0;
}

void http_buffer_clear(struct http_buffer *buffer)
{
	if (buffer->data)
		OPENSSL_cleanse(buffer->data, buffer->len + 1);
	buffer->len = 0;
}

void http_buffer_release(struct http_buffer *buffer)
{
	http_buffer_clear(buffer);
	free(buffer->data);
	buffer->data = NULL;
}

void http_wipe_release(struct strbuf *sb)
{
	if (sb->alloc)
		OPENSSL_cleanse(sb->buf, sb->alloc);
	strbuf_release(sb);
}
