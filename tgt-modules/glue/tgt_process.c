/* SPDX-License-Identifier: GPL-2.0-only */
/* What there is once in this process: clocks, timers, threads, libraries, control socket, all on tgtd's event loop. */
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>

#include "control.h"
#include "tgt_glue.h"
#include "verbs.h"

/* tgtd cuts its log lines at 256 bytes, with what it puts before them. */
#define LOG_PIECE	200
/* How often waiting commands are looked at for aborts. */
#define ABORT_MS	100
/* How long a drive's medium is not used before its memory is given back: this, or twice as long. */
#define REST_MS		5000
/* Between two drives that do. */
#define TRIM_MS		100
/* How long the end of the process waits for drives to write out what they hold. */
#define STOP_MS		60000

struct tgt_timer {
	struct vtl_dev *dev;
	uint64_t at;
};

extern short control_port;

/* tgtd's callbacks carry no context of ours: this is the one way from them to the rest. */
static struct tgt_process *the_process;

struct tgt_process *tgt_process_if_any(void)
{
	return the_process;
}

/* ---- log ---- */

static void log_piece(int level, const char *text, int len)
{
	if (level <= 3)
		log_error("vtl: %.*s\n", len, text);
	else if (level <= 6)
		log_warning("vtl: %.*s\n", len, text);
	else if (is_debug)
		log_debug("vtl: %.*s\n", len, text);
}

static void log_text(int level, const char *text)
{
	size_t left = strlen(text), len;

	while (left > LOG_PIECE) {
		for (len = LOG_PIECE; len > LOG_PIECE / 2 && text[len] != ' '; len--)
			;
		log_piece(level, text, (int)len);
		len += text[len] == ' ';
		text += len;
		left -= len;
	}
	log_piece(level, text, (int)left);
}

void tgt_log(int level, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_text(level, text);
}

/* ---- what core needs of the world ---- */

static uint64_t clock_ms(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static uint64_t env_now_ms(struct vtl_env *env)
{
	return clock_ms(CLOCK_MONOTONIC);
}

static uint64_t env_wall_ms(struct vtl_env *env)
{
	return clock_ms(CLOCK_REALTIME);
}

static void env_random(struct vtl_env *env, void *buf, size_t len)
{
	uint8_t *p = buf;
	ssize_t n;

	while (len) {
		n = getrandom(p, len, 0);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			abort();	/* since Linux 3.17 it cannot fail */
		}
		p += n;
		len -= (size_t)n;
	}
}

static void env_log(struct vtl_env *env, int level, const char *text)
{
	log_text(level, text);
}

/* ---- timers ---- */

static void arm(struct tgt_process *process)
{
	struct itimerspec when = { { 0, 0 }, { 0, 0 } };
	uint64_t at = process->look_at < process->rest_at ? process->look_at : process->rest_at;
	unsigned i;

	for (i = 0; i < process->timer_count; i++)
		if (process->timers[i].at < at)
			at = process->timers[i].at;
	if (at == process->timer_set)
		return;
	process->timer_set = at;
	if (at != UINT64_MAX) {
		when.it_value.tv_sec = (time_t)(at / 1000);
		when.it_value.tv_nsec = (long)(at % 1000) * 1000000 + 1;
	}
	timerfd_settime(process->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void remove_timer(struct tgt_process *process, unsigned i)
{
	process->timers[i] = process->timers[--process->timer_count];
}

static bool timer_room(struct tgt_process *process)
{
	unsigned room = process->timer_room ? 2 * process->timer_room : 16;
	struct tgt_timer *timers;

	if (process->timer_count < process->timer_room)
		return true;
	timers = realloc(process->timers, room * sizeof(*timers));
	if (!timers)
		return false;
	process->timers = timers;
	process->timer_room = room;
	return true;
}

static void env_set_timer(struct vtl_env *env, struct vtl_dev *dev, uint64_t at_ms)
{
	struct tgt_process *process = container_of(env, struct tgt_process, env);
	unsigned i;

	for (i = 0; i < process->timer_count && process->timers[i].dev != dev; i++)
		;
	if (at_ms == UINT64_MAX) {
		if (i < process->timer_count)
			remove_timer(process, i);
	} else if (i < process->timer_count) {
		process->timers[i].at = at_ms;
	} else if (timer_room(process)) {
		process->timers[process->timer_count++] = (struct tgt_timer){ dev, at_ms };
	} else {
		tgt_log(3, "no memory for a timer");
	}
	arm(process);
}

void tgt_awake(struct tgt_process *process)
{
	if (process->rest_at != UINT64_MAX)
		return;
	process->rest_at = env_now_ms(&process->env) + REST_MS;
	arm(process);
}

void tgt_watch(struct tgt_process *process)
{
	if (process->look_at != UINT64_MAX)
		return;
	process->look_at = env_now_ms(&process->env) + ABORT_MS;
	arm(process);
}

static bool due(struct tgt_process *process, uint64_t now, struct vtl_dev **dev)
{
	unsigned i;

	for (i = 0; i < process->timer_count; i++) {
		if (process->timers[i].at > now)
			continue;
		*dev = process->timers[i].dev;
		remove_timer(process, i);
		return true;
	}
	return false;
}

/* The C library keeps what was freed, as the unit's settings want it for drives at work. */
static void trim_work(struct media_job *job)
{
	malloc_trim(0);
}

static void trim_done(struct media_job *job)
{
	container_of(job, struct tgt_process, trim)->trimming = false;
}

static void rest(struct tgt_process *process, uint64_t now)
{
	enum vtl_rest rest = process->trimming ? VTL_RESTED : serve_rest(process->serve);

	/* Once more when all of them rest: what was freed last may be an answer of the control socket, of any size. */
	if (rest != VTL_AWAKE && !process->trimming) {
		process->trimming = true;
		process->trim = (struct media_job){ .work = trim_work, .done = trim_done };
		process->env.exec->submit(process->env.exec, &process->trim);
	}
	process->rest_at = rest == VTL_RESTS ? UINT64_MAX : now + (rest == VTL_RESTED ? TRIM_MS : REST_MS);
}

static void on_timer(int fd, int events, void *data)
{
	struct tgt_process *process = data;
	uint64_t count, now = env_now_ms(&process->env);
	struct vtl_dev *dev;

	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return;
	process->timer_set = UINT64_MAX;
	while (due(process, now, &dev))
		vtl_dev_tick(dev);
	if (process->rest_at <= now)
		rest(process, now);
	if (process->look_at <= now)
		process->look_at = tgt_cmd_aborts(process) ? now + ABORT_MS : UINT64_MAX;
	arm(process);
	tgt_cmd_deliver(process);
}

/* ---- completions ---- */

static void on_pool(int fd, int events, void *data)
{
	struct tgt_process *process = data;

	pool_run(process->pool);
	tgt_cmd_deliver(process);
}

/* ---- control socket ---- */

static int loop_add(void *arg, int fd, int events, control_ready ready, void *data)
{
	return tgt_event_add(fd, events, ready, data);
}

static int loop_modify(void *arg, int fd, int events)
{
	return tgt_event_modify(fd, events);
}

static void loop_del(void *arg, int fd)
{
	tgt_event_del(fd);
}

static void on_request(void *arg, struct control_request *request)
{
	struct tgt_process *process = arg;

	tgt_awake(process);
	tgt_nexus_sweep(process);
	tgt_legacy_settle(process, true);
	verbs_handle(process->serve, &process->env, control_port, request);
	/* What it made of waiting commands is told from the next turn of the loop on. */
	if (process->ended)
		pool_kick(process->pool);
}

static void control_start(struct tgt_process *process)
{
	static const struct control_loop loop = { .add = loop_add, .modify = loop_modify, .del = loop_del };
	char path[CONTROL_PATH_LEN];
	int err = control_socket_path(control_port, path, sizeof(path));

	if (!err)
		err = control_server_create(path, &loop, on_request, process, &process->control);
	if (err)
		tgt_log(4, "no control socket in %s: %s; the libraries are served all the same", control_run_dir(),
			strerror(-err));
}

/* ---- the process ---- */

static bool make_parts(struct tgt_process *process)
{
	char owner[192], path[CONTROL_PATH_LEN] = "-";
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	process->pool = pool_new(cores > 4 ? (unsigned)cores : 4);
	process->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (!process->pool || process->timer_fd < 0)
		return false;
	process->env = (struct vtl_env){
		.now_ms = env_now_ms,
		.wall_ms = env_wall_ms,
		.random = env_random,
		.set_timer = env_set_timer,
		.log = env_log,
		.exec = pool_exec(process->pool),
	};
	control_socket_path(control_port, path, sizeof(path));
	snprintf(owner, sizeof(owner), "tgtd pid %d %s", (int)getpid(), path);
	process->serve = serve_new(&process->env, owner);
	return process->serve;
}

static bool join_loop(struct tgt_process *process)
{
	if (tgt_event_add(pool_fd(process->pool), EPOLLIN, on_pool, process))
		return false;
	if (tgt_event_add(process->timer_fd, EPOLLIN, on_timer, process)) {
		tgt_event_del(pool_fd(process->pool));
		return false;
	}
	return true;
}

struct tgt_process *tgt_process(void)
{
	struct tgt_process *process;

	if (the_process)
		return the_process;
	process = calloc(1, sizeof(*process));
	if (!process)
		return NULL;
	process->pid = getpid();
	process->ended_end = &process->ended;
	process->timer_fd = -1;
	process->timer_set = process->look_at = process->rest_at = UINT64_MAX;
	if (!make_parts(process) || !join_loop(process)) {
		tgt_log(3, "no memory or no file descriptors to begin");
		serve_free(process->serve);
		if (process->timer_fd >= 0)
			close(process->timer_fd);
		pool_free(process->pool);
		free(process);
		return NULL;
	}
	the_process = process;
	control_start(process);
	return process;
}

/*
 * tgtd's loop has ended, all its units are deleted, and the drives may still be writing out what they hold. In a child
 * of tgtd's, which has none of our threads, there is nothing to wait for; nor where tgtd gives up amid commands.
 */
__attribute__((destructor)) static void tgt_process_end(void)
{
	struct tgt_process *process = the_process;
	struct tgt_unit *unit;
	uint64_t end;
	struct pollfd pfd;

	if (!process || process->pid != getpid() || process->waiting)
		return;
	for (unit = process->units; unit; unit = unit->next)
		tgt_nexus_drop_all(unit);
	serve_stop(process->serve);
	end = env_now_ms(&process->env) + STOP_MS;
	pfd = (struct pollfd){ .fd = pool_fd(process->pool), .events = POLLIN };
	while (!serve_settled(process->serve) && env_now_ms(&process->env) < end) {
		poll(&pfd, 1, 1000);
		pool_run(process->pool);
	}
	if (process->control)
		control_server_destroy(process->control);
}
