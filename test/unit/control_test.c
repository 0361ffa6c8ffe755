/* SPDX-License-Identifier: GPL-2.0-only */
/* The control protocol: what a server does with good, bad, slow and vanishing clients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"

#define MAX_FDS	1024

/* An event loop like tgtd's: level-triggered epoll, handlers by fd. */
struct fixture {
	int epoll;
	struct { control_ready ready; void *data; } fd[MAX_FDS];
	char dir[64], path[CONTROL_PATH_LEN];
	struct control_server *server;
	struct control_request *held;	/* by the verb "hold" */
	unsigned handled;
};

static int loop_add(void *arg, int fd, int events, control_ready ready, void *data)
{
	struct fixture *f = arg;
	struct epoll_event e = { .events = events, .data.fd = fd };

	assert_true(fd < MAX_FDS);
	f->fd[fd].ready = ready;
	f->fd[fd].data = data;
	return epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &e);
}

static int loop_modify(void *arg, int fd, int events)
{
	struct fixture *f = arg;
	struct epoll_event e = { .events = events, .data.fd = fd };

	return epoll_ctl(f->epoll, EPOLL_CTL_MOD, fd, &e);
}

static void loop_del(void *arg, int fd)
{
	struct fixture *f = arg;

	assert_int_equal(epoll_ctl(f->epoll, EPOLL_CTL_DEL, fd, NULL), 0);
	f->fd[fd].ready = NULL;
}

/* One turn; false when nothing was ready within `ms`. */
static int pump(struct fixture *f, int ms)
{
	struct epoll_event e;

	if (epoll_wait(f->epoll, &e, 1, ms) != 1)
		return 0;
	f->fd[e.data.fd].ready(e.data.fd, e.events, f->fd[e.data.fd].data);
	return 1;
}

static void settle(struct fixture *f)
{
	for (int turns = 0; pump(f, 0); turns++)
		assert_true(turns < 100000);	/* a loop that never rests would spin in tgtd */
}

static void handle(void *arg, struct control_request *request)
{
	struct fixture *f = arg;
	const char *verb = control_verb(request);

	f->handled++;
	if (strcmp(verb, "hold") == 0) {
		f->held = request;
	} else if (strcmp(verb, "big") == 0) {
		size_t len = json_integer_value(json_object_get(control_params(request), "len"));
		char *text = calloc(1, len + 1);

		memset(text, 'x', len);
		control_answer(request, json_pack("{s:s}", "text", text));
		free(text);
	} else if (strcmp(verb, "echo") == 0) {
		control_answer(request, json_pack("{s:O?}", "text", json_object_get(control_params(request), "text")));
	} else {
		control_refuse(request, CONTROL_NOT_FOUND, "no verb %s", verb);
	}
}

static struct control_loop make_loop(struct fixture *f)
{
	return (struct control_loop){ .add = loop_add, .modify = loop_modify, .del = loop_del, .arg = f };
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct control_loop loop = make_loop(f);

	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	strcpy(f->dir, "/tmp/vtl-control-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/run/7.sock", f->dir);
	assert_int_equal(control_server_create(f->path, &loop, handle, f, &f->server), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char run[80];

	control_server_destroy(f->server);
	close(f->epoll);
	snprintf(run, sizeof(run), "%s/run", f->dir);
	unlink(f->path);
	assert_int_equal(rmdir(run), 0);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static int dial(struct fixture *f)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strcpy(a.sun_path, f->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	settle(f);
	return fd;
}

static void say(struct fixture *f, int fd, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n > 0) {
			text += n;
			len -= n;
		}
		settle(f);
	}
}

/* Everything that has arrived; NULL terminated. -1 in *closed when the server hung up. */
static const char *hear(struct fixture *f, int fd)
{
	static char text[8192];
	size_t len = 0;
	ssize_t n;

	settle(f);
	while ((n = recv(fd, text + len, sizeof(text) - 1 - len, 0)) > 0) {
		len += n;
		settle(f);
	}
	if (n == 0)
		len += snprintf(text + len, sizeof(text) - len, "[closed]");
	text[len] = '\0';
	return text;
}

static void a_request_gets_its_answer_with_its_id(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(f, fd, "{\"id\":[1,\"a\"],\"do\":\"echo\",\"text\":\"hi\"}\n");
	assert_string_equal(hear(f, fd), "{\"text\":\"hi\",\"id\":[1,\"a\"],\"ok\":true}\n");
	close(fd);
	settle(f);
}

static void a_refusal_carries_code_and_sentence(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(f, fd, "{\"do\":\"dance\"}\n");
	assert_string_equal(hear(f, fd), "{\"id\":null,\"ok\":false,\"code\":3,\"error\":\"no verb dance\"}\n");
	close(fd);
	settle(f);
}

static void a_line_may_come_in_pieces_and_several_at_once(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(f, fd, "{\"id\":1,\"do\":\"ec");
	assert_string_equal(hear(f, fd), "");
	say(f, fd, "ho\"}\r\n\n{\"id\":2,\"do\":\"echo\"}\n{\"id\":3,");
	assert_string_equal(hear(f, fd),
			    "{\"text\":null,\"id\":1,\"ok\":true}\n{\"text\":null,\"id\":2,\"ok\":true}\n");
	say(f, fd, "\"do\":\"echo\"}\n");
	assert_string_equal(hear(f, fd), "{\"text\":null,\"id\":3,\"ok\":true}\n");
	close(fd);
	settle(f);
}

static void malformed_requests_are_refused_and_the_connection_lives_on(void **state)
{
	static const char *const bad[] = { "{\"do\":}\n", "nonsense\n", "[]\n", "{}\n", "{\"do\":5}\n", "\"do\"\n",
					   "{\"do\":\"echo\",\"do\":\"echo\"}\n", "{\"do\":\"echo\"} x\n" };
	struct fixture *f = *state;
	int fd = dial(f);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		say(f, fd, bad[i]);
		assert_non_null(strstr(hear(f, fd), "\"ok\":false,\"code\":2,\"error\":\""));
	}
	assert_int_equal(f->handled, 0);
	say(f, fd, "{\"do\":\"echo\"}\n");
	assert_non_null(strstr(hear(f, fd), "\"ok\":true"));
	close(fd);
	settle(f);
}

static void a_zero_byte_and_deep_nesting_do_no_harm(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);
	char *deep = malloc(60002);

	assert_int_equal(send(fd, "{\"do\":\"e\0\"}\n", 12, 0), 12);
	assert_non_null(strstr(hear(f, fd), "\"ok\":false"));
	memset(deep, '[', 60000);
	strcpy(deep + 60000, "\n");
	say(f, fd, deep);
	assert_non_null(strstr(hear(f, fd), "\"ok\":false"));
	free(deep);
	close(fd);
	settle(f);
}

static void a_line_of_the_longest_length_is_taken_and_a_longer_one_ends_the_connection(void **state)
{
	struct fixture *f = *state;
	char *line = malloc(CONTROL_MAX_REQUEST + 3);
	int fd = dial(f);

	memset(line, ' ', CONTROL_MAX_REQUEST + 2);
	memcpy(line, "{\"do\":\"echo\"}", 13);
	strcpy(line + CONTROL_MAX_REQUEST, "\n");
	say(f, fd, line);
	assert_non_null(strstr(hear(f, fd), "\"ok\":true"));
	memset(line + 13, ' ', CONTROL_MAX_REQUEST - 12);
	line[CONTROL_MAX_REQUEST + 1] = '\0';
	say(f, fd, line);
	assert_string_equal(hear(f, fd), "{\"id\":null,\"ok\":false,\"code\":2,"
			    "\"error\":\"the request is longer than 65536 bytes\"}\n[closed]");
	free(line);
	close(fd);
	settle(f);
}

static void an_answer_may_come_later_and_the_next_request_waits_for_it(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(f, fd, "{\"id\":1,\"do\":\"hold\"}\n{\"id\":2,\"do\":\"echo\"}\n");
	assert_string_equal(hear(f, fd), "");
	assert_int_equal(f->handled, 1);
	control_answer(f->held, json_object());
	assert_string_equal(hear(f, fd), "{\"id\":1,\"ok\":true}\n{\"text\":null,\"id\":2,\"ok\":true}\n");
	close(fd);
	settle(f);
}

static void a_client_that_goes_away_leaves_its_pending_answer_harmless(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(f, fd, "{\"id\":1,\"do\":\"hold\"}\n");
	close(fd);
	settle(f);
	assert_string_equal(control_verb(f->held), "hold");
	control_answer(f->held, json_object());
	settle(f);
}

static void a_client_that_shuts_its_writing_side_still_gets_its_answer(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(f, fd, "{\"id\":1,\"do\":\"hold\"}\n");
	shutdown(fd, SHUT_WR);
	settle(f);
	control_answer(f->held, json_object());
	assert_string_equal(hear(f, fd), "{\"id\":1,\"ok\":true}\n[closed]");
	close(fd);
	settle(f);
}

static void the_server_may_end_while_an_answer_is_pending(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(f, fd, "{\"id\":1,\"do\":\"hold\"}\n");
	control_server_destroy(f->server);
	f->server = NULL;
	control_refuse(f->held, CONTROL_FAILED, "too late");
	assert_int_equal(access(f->path, F_OK), -1);
	close(fd);
}

static void a_client_that_does_not_read_keeps_one_answer_and_blocks_nobody(void **state)
{
	struct fixture *f = *state;
	int slow = dial(f), quick = dial(f);

	for (int i = 0; i < 5; i++)
		say(f, slow, "{\"do\":\"big\",\"len\":4000000}\n");
	assert_int_equal(f->handled, 1);
	say(f, quick, "{\"do\":\"echo\"}\n");
	assert_non_null(strstr(hear(f, quick), "\"ok\":true"));
	close(slow);
	close(quick);
	settle(f);
}

static void an_answer_beyond_the_bound_becomes_an_error(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(f, fd, "{\"do\":\"big\",\"len\":67108864}\n");
	assert_non_null(strstr(hear(f, fd), "\"error\":\"the answer is too long\""));
	close(fd);
	settle(f);
}

/* Before the loop has had a turn, as when many scripts start at the same moment. */
static void two_hundred_clients_that_connect_at_once_are_all_answered(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd[200];

	strcpy(a.sun_path, f->path);
	for (int i = 0; i < 200; i++) {
		fd[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(fd[i], (struct sockaddr *)&a, sizeof(a)), 0);
		assert_int_equal(send(fd[i], "{\"do\":\"echo\"}\n", 14, MSG_NOSIGNAL), 14);
	}
	for (int i = 0; i < 200; i++) {
		assert_non_null(strstr(hear(f, fd[i]), "\"ok\":true"));
		close(fd[i]);
	}
	settle(f);
}

static void more_clients_than_allowed_are_told_so(void **state)
{
	struct fixture *f = *state;
	int fd[CONTROL_MAX_CLIENTS + 1];

	for (int i = 0; i <= CONTROL_MAX_CLIENTS; i++)
		fd[i] = dial(f);
	assert_non_null(strstr(hear(f, fd[CONTROL_MAX_CLIENTS]), "too many connections\"}\n[closed]"));
	for (int i = 0; i <= CONTROL_MAX_CLIENTS; i++)
		close(fd[i]);
	settle(f);
	fd[0] = dial(f);
	say(f, fd[0], "{\"do\":\"echo\"}\n");
	assert_non_null(strstr(hear(f, fd[0]), "\"ok\":true"));
	close(fd[0]);
	settle(f);
}

static void without_free_descriptors_a_client_is_turned_away_and_the_loop_rests(void **state)
{
	struct fixture *f = *state;
	struct rlimit old, low;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strcpy(a.sun_path, f->path);
	getrlimit(RLIMIT_NOFILE, &old);
	low = old;
	low.rlim_cur = fd + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	settle(f);
	setrlimit(RLIMIT_NOFILE, &old);
	assert_non_null(strstr(hear(f, fd), "too many connections"));
	close(fd);
}

static void the_socket_is_for_its_owner_alone(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_served_socket_is_not_taken_over(void **state)
{
	struct fixture *f = *state;
	struct control_loop loop = make_loop(f);
	struct control_server *second = NULL;

	assert_int_equal(control_server_create(f->path, &loop, handle, f, &second), -EADDRINUSE);
	settle(f);
	assert_int_equal(access(f->path, F_OK), 0);
}

static void the_socket_of_a_dead_process_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct control_loop loop = make_loop(f);
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	control_server_destroy(f->server);
	strcpy(a.sun_path, f->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);	/* as a killed process leaves it: the name without a listener */
	assert_int_equal(control_server_create(f->path, &loop, handle, f, &f->server), 0);
	fd = dial(f);
	say(f, fd, "{\"do\":\"echo\"}\n");
	assert_non_null(strstr(hear(f, fd), "\"ok\":true"));
	close(fd);
	settle(f);
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct control_loop loop = make_loop(f);
	int fd;

	control_server_destroy(f->server);
	f->server = NULL;
	fd = open(f->path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	/* A connect() to a plain file is refused as well: only a socket may be replaced. */
	assert_int_equal(control_server_create(f->path, &loop, handle, f, &f->server), -EADDRINUSE);
	assert_int_equal(access(f->path, F_OK), 0);
}

struct caller {
	const char *path;
	int err;
	json_t *answer;
};

static void *call(void *arg)
{
	struct caller *c = arg;
	struct control_client *client;
	json_t *request = json_pack("{s:s, s:i}", "do", "big", "len", 3000000);

	c->err = control_connect(c->path, &client);
	if (!c->err) {
		c->err = control_call(client, request, 120000, &c->answer);
		control_disconnect(client);
	}
	json_decref(request);
	return NULL;
}

static void the_client_gets_an_answer_of_any_length(void **state)
{
	struct fixture *f = *state;
	struct caller c = { .path = f->path, .err = 1 };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, call, &c), 0);
	while (f->handled < 1)
		assert_true(pump(f, 120000));
	while (pthread_tryjoin_np(thread, NULL) == EBUSY)
		pump(f, 1);
	assert_int_equal(c.err, 0);
	assert_int_equal(json_string_length(json_object_get(c.answer, "text")), 3000000);
	json_decref(c.answer);
	settle(f);
}

static void the_client_says_when_nobody_serves_and_when_time_is_up(void **state)
{
	struct fixture *f = *state;
	struct control_client *client = NULL;
	json_t *request = json_pack("{s:s}", "do", "echo"), *answer = NULL;

	assert_int_equal(control_connect("/nonexistent/0.sock", &client), -ENOENT);
	assert_int_equal(control_connect(f->path, &client), 0);
	assert_int_equal(control_call(client, request, 1, &answer), -ETIMEDOUT);	/* the loop does not turn */
	control_disconnect(client);
	json_decref(request);
	settle(f);
}

static int collect(void *arg, const char *path)
{
	strcat(arg, strrchr(path, '/'));
	return 0;
}

static void sockets_are_found_in_the_run_folder_sorted_by_number(void **state)
{
	struct fixture *f = *state;
	struct control_loop loop = make_loop(f);
	struct control_server *a, *b;
	char dir[80], found[256] = "";

	snprintf(dir, sizeof(dir), "%s/run", f->dir);
	setenv("VTL_RUN", dir, 1);
	assert_int_equal(control_socket_path(12, f->path, sizeof(f->path)), 0);
	assert_int_equal(control_server_create(f->path, &loop, handle, f, &a), 0);
	assert_int_equal(control_socket_path(9, f->path, sizeof(f->path)), 0);
	assert_int_equal(control_server_create(f->path, &loop, handle, f, &b), 0);
	assert_int_equal(control_each(control_run_dir(), collect, found), 0);
	assert_string_equal(found, "/7.sock/9.sock/12.sock");
	assert_int_equal(control_each("/nonexistent", collect, found), 0);
	control_server_destroy(a);
	control_server_destroy(b);
	unsetenv("VTL_RUN");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_request_gets_its_answer_with_its_id),
		T(a_refusal_carries_code_and_sentence),
		T(a_line_may_come_in_pieces_and_several_at_once),
		T(malformed_requests_are_refused_and_the_connection_lives_on),
		T(a_zero_byte_and_deep_nesting_do_no_harm),
		T(a_line_of_the_longest_length_is_taken_and_a_longer_one_ends_the_connection),
		T(an_answer_may_come_later_and_the_next_request_waits_for_it),
		T(a_client_that_goes_away_leaves_its_pending_answer_harmless),
		T(a_client_that_shuts_its_writing_side_still_gets_its_answer),
		T(the_server_may_end_while_an_answer_is_pending),
		T(a_client_that_does_not_read_keeps_one_answer_and_blocks_nobody),
		T(an_answer_beyond_the_bound_becomes_an_error),
		T(two_hundred_clients_that_connect_at_once_are_all_answered),
		T(more_clients_than_allowed_are_told_so),
		T(without_free_descriptors_a_client_is_turned_away_and_the_loop_rests),
		T(the_socket_is_for_its_owner_alone),
		T(a_served_socket_is_not_taken_over),
		T(the_socket_of_a_dead_process_is_replaced),
		T(a_file_that_is_no_socket_is_left_alone),
		T(the_client_gets_an_answer_of_any_length),
		T(the_client_says_when_nobody_serves_and_when_time_is_up),
		T(sockets_are_found_in_the_run_folder_sorted_by_number),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
