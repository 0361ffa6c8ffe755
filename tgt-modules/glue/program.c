/* SPDX-License-Identifier: GPL-2.0-only */
/* Running a program of the administrator's from a worker thread of a process that we do not own. */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The child gets /dev/null and our pipe, none of the process's sockets, and signals as a shell would have them. */
static int spawn(char *const argv[], int out, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	rc = posix_spawn_file_actions_init(&actions);
	if (rc)
		return rc;
	rc = posix_spawnattr_init(&attr);
	if (rc) {
		posix_spawn_file_actions_destroy(&actions);
		return rc;
	}
	rc = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	rc = rc ? rc : posix_spawn_file_actions_adddup2(&actions, out, 1);
	rc = rc ? rc : posix_spawn_file_actions_adddup2(&actions, out, 2);
	rc = rc ? rc : posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	rc = rc ? rc : posix_spawnattr_setpgroup(&attr, 0);
	rc = rc ? rc : posix_spawnattr_setsigmask(&attr, &none);
	rc = rc ? rc : posix_spawnattr_setsigdefault(&attr, &all);
	rc = rc ? rc : posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						       POSIX_SPAWN_SETSIGDEF);
	rc = rc ? rc : posix_spawnp(pid, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* Takes what has been written; what does not fit is dropped. False at the end of it. */
static bool take_output(int fd, char *output, size_t *len)
{
	char rest[512];
	ssize_t n;

	if (*len + 1 < PROGRAM_OUTPUT) {
		n = read(fd, output + *len, PROGRAM_OUTPUT - 1 - *len);
		if (n > 0)
			*len += (size_t)n;
	} else {
		n = read(fd, rest, sizeof(rest));
	}
	output[*len] = '\0';
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Until it has ended, or its time is up. Output that a child of its own still holds open is not waited for. */
static bool wait_for(int pidfd, int out, int64_t deadline, struct program_result *result)
{
	struct pollfd fds[2] = { { .fd = pidfd, .events = POLLIN }, { .fd = out, .events = POLLIN } };
	size_t len = 0;

	for (;;) {
		int64_t left = deadline - now_ms();

		if (left <= 0 || (poll(fds, 2, (int)left) < 0 && errno != EINTR))
			return false;
		if (fds[1].revents && !take_output(out, result->output, &len))
			fds[1].fd = -1;
		if (!fds[0].revents)
			continue;
		while (fds[1].fd >= 0 && poll(&fds[1], 1, 0) > 0 && take_output(out, result->output, &len))
			;
		return true;
	}
}

static void judge(const siginfo_t *info, struct program_result *result)
{
	result->ok = info->si_code == CLD_EXITED && info->si_status == 0;
	if (info->si_code == CLD_EXITED)
		snprintf(result->why, sizeof(result->why), "it ended with exit code %d", info->si_status);
	else
		snprintf(result->why, sizeof(result->why), "it was ended by signal %d", info->si_status);
}

void program_run(char *const argv[], unsigned timeout_ms, struct program_result *result)
{
	siginfo_t info = { 0 };
	int out[2], pidfd, rc;
	bool ended;
	pid_t pid;

	memset(result, 0, sizeof(*result));
	if (pipe2(out, O_CLOEXEC)) {
		snprintf(result->why, sizeof(result->why), "no pipe: %s", strerror(errno));
		return;
	}
	rc = spawn(argv, out[1], &pid);
	close(out[1]);
	if (rc) {
		snprintf(result->why, sizeof(result->why), "it cannot be run: %s", strerror(rc));
		close(out[0]);
		return;
	}
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	ended = pidfd >= 0 && wait_for(pidfd, out[0], now_ms() + timeout_ms, result);
	if (!ended)
		kill(-pid, SIGKILL);
	while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0 && errno == EINTR)
		;
	if (ended)
		judge(&info, result);
	else
		snprintf(result->why, sizeof(result->why), "it did not end within %u ms", timeout_ms);
	if (pidfd >= 0)
		close(pidfd);
	close(out[0]);
}
