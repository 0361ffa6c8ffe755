/* SPDX-License-Identifier: GPL-2.0-only */
/* The control protocol, both ends: see PROTOCOL.md. */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <stddef.h>
#include <jansson.h>

#define CONTROL_RUN		"/run/tgt-vtl"		/* or $VTL_RUN */
#define CONTROL_MAX_REQUEST	65536			/* bytes of a request line, its newline not counted */
#define CONTROL_MAX_ANSWER	(64u << 20)		/* bytes; a longer answer becomes an error */
#define CONTROL_MAX_CLIENTS	256
#define CONTROL_PATH_LEN	108			/* sun_path, its NUL included */

/* The codes of a refusal; they are vtl's exit codes. */
enum control_code { CONTROL_FAILED = 1, CONTROL_USAGE = 2, CONTROL_NOT_FOUND = 3, CONTROL_BUSY = 4 };

/* The folder of the sockets: $VTL_RUN, else CONTROL_RUN. Never NULL. */
const char *control_run_dir(void);
/* The socket of the daemon at `port`, into at least CONTROL_PATH_LEN bytes. 0 or -ENAMETOOLONG. */
int control_socket_path(int port, char *path, size_t size);

/*
 * The event loop that a server lives in. `events` are EPOLLIN, EPOLLOUT; EPOLLHUP and EPOLLERR are always reported.
 * Level-triggered. add and modify return 0 or a negative value. A handler may call del for its own and for other fds.
 */
typedef void (*control_ready)(int fd, int events, void *data);
struct control_loop {
	int (*add)(void *arg, int fd, int events, control_ready ready, void *data);
	int (*modify)(void *arg, int fd, int events);
	void (*del)(void *arg, int fd);
	void *arg;
};

struct control_server;
struct control_request;

/*
 * Called on the loop's thread with each well-formed request. It answers now or later, exactly once, by
 * control_answer() or control_refuse(); until then the request is alive, even when its client goes away or the server
 * is destroyed, and the connection's next request waits.
 */
typedef void (*control_handler)(void *arg, struct control_request *request);

/*
 * Listens on `path` (its folder is created; the socket gets mode 0600; the socket of a dead process is replaced).
 * Never blocks. 0 or -errno: -EADDRINUSE when another process serves it.
 */
int control_server_create(const char *path, const struct control_loop *loop, control_handler handler, void *arg,
			  struct control_server **server);
/* Closes every connection and removes the socket. NULL is fine. Not from inside the handler. */
void control_server_destroy(struct control_server *server);

/* What the request asks: its "do", and the whole object (both valid until it is answered). */
const char *control_verb(const struct control_request *request);
json_t *control_params(const struct control_request *request);
/* Answers "ok": true with the keys of `answer`, whose reference is taken (NULL: refused, out of memory). */
void control_answer(struct control_request *request, json_t *answer);
/* Answers "ok": false with a code and a sentence. */
void control_refuse(struct control_request *request, enum control_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The client blocks. */
struct control_client;
/* 0 or -errno: -ENOENT and -ECONNREFUSED mean that no daemon serves there. */
int control_connect(const char *path, struct control_client **client);
void control_disconnect(struct control_client *client);
/*
 * Sends the object `request` (a new "id" is put into it; its reference stays the caller's) and waits for the answer at
 * most `timeout_ms` (-1: for ever). 0 with a new reference in `answer`, or -errno: -ETIMEDOUT, -EPIPE when the daemon
 * went away, -EPROTO when its answer is none. After an error only control_disconnect() is of use.
 */
int control_call(struct control_client *client, json_t *request, int timeout_ms, json_t **answer);
/* Calls back with each socket in `dir`, sorted; stops at the first non-zero return and returns it. -errno when the
 * folder cannot be read; a missing one is empty. */
int control_each(const char *dir, int (*each)(void *arg, const char *path), void *arg);

#endif
