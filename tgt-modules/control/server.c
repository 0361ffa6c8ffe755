/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's end of the control protocol: connections on an event loop, one request of each at a time. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"

/* How much one connection may do before the loop's other handlers have their turn. */
#define TURNS	32

/*
 * A connection reads only while it owes no answer, so that it holds at most one line more than it works on, and at
 * most one answer: both are bounded, whatever a client does.
 */
struct connection {
	struct control_server *server;
	struct connection *next;
	struct control_request *pending;	/* handed to the handler, not answered yet */
	int fd;
	bool eof;				/* the client will send no more */
	bool closing;				/* close when the output is gone */
	bool broken;				/* the client is gone: nobody reads what we write */
	bool running;				/* connection_run() is active: leave freeing to it */
	char *out;
	size_t out_len, out_sent;
	size_t in_len;
	char in[CONTROL_MAX_REQUEST + 1];	/* a whole line and its newline */
};

struct control_server {
	struct control_loop loop;
	control_handler handler;
	void *arg;
	int fd;
	int spare;				/* given up for a moment to turn clients away when fds run out */
	char path[CONTROL_PATH_LEN];
	ino_t inode;				/* of the socket that we bound */
	unsigned clients;
	struct connection *first;
};

struct control_request {
	struct connection *connection;		/* NULL when the client or the server is gone */
	json_t *params;
};

const char *control_verb(const struct control_request *request)
{
	return json_string_value(json_object_get(request->params, "do"));
}

json_t *control_params(const struct control_request *request)
{
	return request->params;
}

static void connection_free(struct connection *c)
{
	struct control_server *server = c->server;

	for (struct connection **link = &server->first; *link; link = &(*link)->next) {
		if (*link == c) {
			*link = c->next;
			break;
		}
	}
	server->clients--;
	if (c->pending)
		c->pending->connection = NULL;
	server->loop.del(server->loop.arg, c->fd);
	close(c->fd);
	free(c->out);
	free(c);
}

/* Queues one line; takes `object`. */
static void connection_queue(struct connection *c, json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;

	if (!text || len > CONTROL_MAX_ANSWER) {
		free(text);
		text = strdup(len ? "{\"id\":null,\"ok\":false,\"code\":1,\"error\":\"the answer is too long\"}"
				  : "{\"id\":null,\"ok\":false,\"code\":1,\"error\":\"out of memory\"}");
		len = text ? strlen(text) : 0;
	}
	json_decref(object);
	if (!text) {
		c->broken = true;
		return;
	}
	text[len] = '\n';	/* where the NUL stood: the length is kept apart */
	c->out = text;
	c->out_len = len + 1;
	c->out_sent = 0;
}

static void connection_refuse(struct connection *c, enum control_code code, json_t *id, const char *text)
{
	connection_queue(c, json_pack("{s:O?, s:b, s:i, s:s}", "id", id, "ok", 0, "code", (int)code, "error", text));
}

static void connection_send(struct connection *c)
{
	while (c->out && !c->broken) {
		ssize_t n = send(c->fd, c->out + c->out_sent, c->out_len - c->out_sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			c->broken = errno != EAGAIN && errno != EWOULDBLOCK;
			return;
		}
		c->out_sent += n;
		if (c->out_sent == c->out_len) {
			free(c->out);
			c->out = NULL;
		}
	}
}

/* Reads what is there. False when nothing more can be read now. */
static bool connection_receive(struct connection *c)
{
	ssize_t n;

	if (c->eof || c->in_len == sizeof(c->in))
		return false;
	do {
		n = recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		c->broken = errno != EAGAIN && errno != EWOULDBLOCK;
		return false;
	}
	c->eof = n == 0;
	c->in_len += n;
	return n > 0;
}

/* Hands a request to the handler, or refuses it; takes `params`. */
static void connection_request(struct connection *c, json_t *params)
{
	struct control_request *request;

	if (!json_is_object(params) || !json_is_string(json_object_get(params, "do"))) {
		connection_refuse(c, CONTROL_USAGE, json_object_get(params, "id"),
				  "a request is an object with the string \"do\"");
		json_decref(params);
		return;
	}
	request = calloc(1, sizeof(*request));
	if (!request) {
		json_decref(params);
		c->broken = true;
		return;
	}
	request->connection = c;
	request->params = params;
	c->pending = request;
	c->server->handler(c->server->arg, request);
}

/* Takes the next line out of the input, if there is a whole one. */
static bool connection_line(struct connection *c)
{
	char *end = memchr(c->in, '\n', c->in_len);
	char text[JSON_ERROR_TEXT_LENGTH + 64];
	json_t *params = NULL;
	json_error_t error;
	bool blank;
	size_t len;

	if (!end) {
		if (c->in_len == sizeof(c->in)) {
			connection_refuse(c, CONTROL_USAGE, NULL, "the request is longer than 65536 bytes");
			c->closing = true;
		}
		return false;
	}
	*end = '\0';
	len = end - c->in;
	blank = strspn(c->in, " \t\r") == len;
	if (!blank)
		params = json_loadb(c->in, len, JSON_REJECT_DUPLICATES, &error);
	/* The line is used up before the handler runs: it may answer at once, and the next line follows. */
	c->in_len -= len + 1;
	memmove(c->in, end + 1, c->in_len);
	if (params) {
		connection_request(c, params);
	} else if (!blank) {
		snprintf(text, sizeof(text), "malformed request, column %d: %s", error.column, error.text);
		connection_refuse(c, CONTROL_USAGE, NULL, text);
	}
	return true;
}

/* Goes as far as it can without waiting; may free the connection. */
static void connection_run(struct connection *c)
{
	unsigned turns;
	int events = 0;

	if (c->running)
		return;
	c->running = true;
	for (turns = 0; turns < TURNS; turns++) {
		connection_send(c);
		if (c->broken || c->out || c->pending || c->closing)
			break;
		if (!connection_line(c) && !c->out && !connection_receive(c))
			break;
	}
	c->running = false;
	if (c->broken || (!c->out && !c->pending && (c->closing || c->eof))) {
		connection_free(c);
		return;
	}
	if (c->out || turns == TURNS)	/* always ready to write: the loop comes back for the rest */
		events = EPOLLOUT;
	else if (!c->pending)
		events = EPOLLIN;
	c->server->loop.modify(c->server->loop.arg, c->fd, events);
}

static void connection_ready(int fd, int events, void *data)
{
	struct connection *c = data;

	/* EPOLLHUP: both directions are shut, so that nobody will read an answer. What was sent before may still be
	 * a request, but one whose sender did not wait. */
	if (events & (EPOLLERR | EPOLLHUP))
		c->broken = true;
	connection_run(c);
}

static void request_finish(struct control_request *request, json_t *answer)
{
	struct connection *c = request->connection;

	json_decref(request->params);
	free(request);
	if (!c) {
		json_decref(answer);
		return;
	}
	c->pending = NULL;
	connection_queue(c, answer);
	connection_run(c);
}

static json_t *request_id(const struct control_request *request)
{
	json_t *id = json_object_get(request->params, "id");

	return id ? json_incref(id) : json_null();
}

void control_answer(struct control_request *request, json_t *answer)
{
	if (!json_is_object(answer)) {
		json_decref(answer);
		control_refuse(request, CONTROL_FAILED, "out of memory");
		return;
	}
	json_object_set_new(answer, "id", request_id(request));
	json_object_set_new(answer, "ok", json_true());
	request_finish(request, answer);
}

void control_refuse(struct control_request *request, enum control_code code, const char *fmt, ...)
{
	json_t *answer = json_object(), *error;
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	error = json_string(text);
	if (!error)	/* a name in it is not UTF-8 */
		error = json_string("failed (the reason holds characters that JSON cannot)");
	json_object_set_new(answer, "id", request_id(request));
	json_object_set_new(answer, "ok", json_false());
	json_object_set_new(answer, "code", json_integer(code));
	json_object_set_new(answer, "error", error);
	request_finish(request, answer);
}

static void server_turn_away(int fd)
{
	static const char text[] = "{\"id\":null,\"ok\":false,\"code\":4,\"error\":\"too many connections\"}\n";
	ssize_t n = send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)n;	/* it is told by the closing as well */
	close(fd);
}

static void server_admit(struct control_server *server, int fd)
{
	struct connection *c;

	c = server->clients < CONTROL_MAX_CLIENTS ? calloc(1, sizeof(*c)) : NULL;
	if (!c) {
		server_turn_away(fd);
		return;
	}
	c->server = server;
	c->fd = fd;
	if (server->loop.add(server->loop.arg, fd, EPOLLIN, connection_ready, c) < 0) {
		free(c);
		server_turn_away(fd);
		return;
	}
	c->next = server->first;
	server->first = c;
	server->clients++;
}

static void server_ready(int listener, int events, void *data)
{
	struct control_server *server = data;
	int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		server_admit(server, fd);
		return;
	}
	/* Out of descriptors, the listener would stay ready and the loop spin: turn this client away. */
	if ((errno == EMFILE || errno == ENFILE) && server->spare >= 0) {
		close(server->spare);
		fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			server_turn_away(fd);
		server->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
}

/* The folder of `path`, created if it is not there. */
static int make_folder(const char *path)
{
	char dir[CONTROL_PATH_LEN];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return 0;
	*slash = '\0';
	return mkdir(dir, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* Whether what has the name is a socket that nobody listens on. */
static bool is_stale(const struct sockaddr_un *address)
{
	struct stat st;
	bool stale;
	int fd;

	if (lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 && errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static int server_bind(int fd, const char *path, ino_t *inode)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;

	memcpy(address.sun_path, path, strlen(path) + 1);
	/* The mode that the name will get: set before there is a name, so that there is no moment without it. */
	if (fchmod(fd, 0600) < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno != EADDRINUSE)
			return -errno;
		if (!is_stale(&address))
			return -EADDRINUSE;
		if (unlink(path) < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
			return -errno;
	}
	if (stat(path, &st) < 0)
		return -errno;
	*inode = st.st_ino;
	return 0;
}

int control_server_create(const char *path, const struct control_loop *loop, control_handler handler, void *arg,
			  struct control_server **out)
{
	struct control_server *server;
	int err;

	if (strlen(path) >= sizeof(server->path))
		return -ENAMETOOLONG;
	err = make_folder(path);
	if (err)
		return err;
	server = calloc(1, sizeof(*server));
	if (!server)
		return -ENOMEM;
	server->loop = *loop;
	server->handler = handler;
	server->arg = arg;
	snprintf(server->path, sizeof(server->path), "%s", path);
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->fd < 0) {
		err = -errno;
		goto err_free;
	}
	err = server_bind(server->fd, path, &server->inode);
	if (err)
		goto err_close;
	if (listen(server->fd, SOMAXCONN) < 0) {
		err = -errno;
		goto err_unlink;
	}
	err = loop->add(loop->arg, server->fd, EPOLLIN, server_ready, server);
	if (err < 0)
		goto err_unlink;
	server->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	*out = server;
	return 0;

err_unlink:
	unlink(path);
err_close:
	close(server->fd);
err_free:
	free(server);
	return err;
}

void control_server_destroy(struct control_server *server)
{
	struct stat st;

	if (!server)
		return;
	while (server->first)
		connection_free(server->first);
	server->loop.del(server->loop.arg, server->fd);
	close(server->fd);
	if (server->spare >= 0)
		close(server->spare);
	/* Another process may have taken the name over meanwhile. */
	if (stat(server->path, &st) == 0 && st.st_ino == server->inode)
		unlink(server->path);
	free(server);
}
