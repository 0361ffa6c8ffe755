/* SPDX-License-Identifier: GPL-2.0-only */
/* The client's end of the control protocol, and where the sockets are. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "control.h"

struct control_client {
	int fd;
	json_int_t id;
	char *in;		/* received, not used yet */
	size_t len, size;
};

const char *control_run_dir(void)
{
	const char *dir = getenv("VTL_RUN");

	return dir && *dir ? dir : CONTROL_RUN;
}

int control_socket_path(int port, char *path, size_t size)
{
	int n = snprintf(path, size, "%s/%d.sock", control_run_dir(), port);

	return n < 0 || (size_t)n >= size || n >= CONTROL_PATH_LEN ? -ENAMETOOLONG : 0;
}

int control_connect(const char *path, struct control_client **out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct control_client *client;
	int err;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		err = -errno;
		control_disconnect(client);
		return err;
	}
	*out = client;
	return 0;
}

void control_disconnect(struct control_client *client)
{
	if (!client)
		return;
	if (client->fd >= 0)
		close(client->fd);
	free(client->in);
	free(client);
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Waits for `events` until `deadline` (-1: for ever). */
static int wait_for(int fd, short events, long long deadline)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		long long left = deadline < 0 ? -1 : deadline - now_ms();
		int n;

		if (deadline >= 0 && left < 0)
			left = 0;
		n = poll(&p, 1, (int)left);
		if (n > 0)
			return 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

static int send_line(struct control_client *client, json_t *request, long long deadline)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t len = text ? strlen(text) : 0, sent = 0;
	int err = 0;

	if (!text)
		return -ENOMEM;
	if (len > CONTROL_MAX_REQUEST)
		err = -EMSGSIZE;
	text[len++] = '\n';	/* where the NUL stood */
	while (!err && sent < len) {
		ssize_t n = send(client->fd, text + sent, len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0)
			sent += n;
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			err = wait_for(client->fd, POLLOUT, deadline);
		else if (errno != EINTR)
			err = -errno;
	}
	free(text);
	return err;
}

static int receive_more(struct control_client *client, long long deadline)
{
	ssize_t n;
	int err;

	if (client->len == client->size) {
		size_t size = client->size ? client->size * 2 : 16384;
		char *in = size <= 2 * (size_t)CONTROL_MAX_ANSWER ? realloc(client->in, size) : NULL;

		if (!in)
			return -ENOMEM;
		client->in = in;
		client->size = size;
	}
	err = wait_for(client->fd, POLLIN, deadline);
	if (err)
		return err;
	n = recv(client->fd, client->in + client->len, client->size - client->len, 0);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	client->len += n;
	return n ? 0 : -EPIPE;
}

/* Takes one line out of what was received: the parsed object, or NULL. */
static json_t *take_line(struct control_client *client, const char *end)
{
	size_t len = end - client->in;
	json_t *answer = json_loadb(client->in, len, 0, NULL);

	client->len -= len + 1;
	memmove(client->in, end + 1, client->len);
	if (json_is_object(answer) && json_is_boolean(json_object_get(answer, "ok")))
		return answer;
	json_decref(answer);
	return NULL;
}

int control_call(struct control_client *client, json_t *request, int timeout_ms, json_t **answer)
{
	long long deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	size_t seen = 0;
	char *end;
	int err;

	if (json_object_set_new(request, "id", json_integer(++client->id)) < 0)
		return -ENOMEM;
	err = send_line(client, request, deadline);
	/* A daemon that turns us away writes its reason before it closes: read it even when sending failed. */
	if (err && err != -EPIPE)
		return err;
	for (;;) {
		end = client->len > seen ? memchr(client->in + seen, '\n', client->len - seen) : NULL;
		if (end)
			break;
		seen = client->len;
		err = receive_more(client, deadline);
		if (err)
			return err;
	}
	*answer = take_line(client, end);
	return *answer ? 0 : -EPROTO;
}

static int is_socket_name(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && strcmp(entry->d_name + len - 5, ".sock") == 0;
}

int control_each(const char *dir, int (*each)(void *arg, const char *path), void *arg)
{
	struct dirent **name;
	int n = scandir(dir, &name, is_socket_name, versionsort), ret = 0;

	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		char path[CONTROL_PATH_LEN];
		int len = snprintf(path, sizeof(path), "%s/%s", dir, name[i]->d_name);

		if (!ret && len > 0 && (size_t)len < sizeof(path))
			ret = each(arg, path);
		free(name[i]);
	}
	free(name);
	return ret;
}
