/* SPDX-License-Identifier: GPL-2.0-only */
/* The store that is a directory: its own behaviour beside that of every store. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "be.h"
#include "media.h"
#include "store_contract.h"
#include "writers.h"

static char top[64], dir[128];
static struct media_writers *writers;

static int setup_in(void **state, const char *where)
{
	struct why why;

	snprintf(top, sizeof(top), "%s/vtl-store-XXXXXX", where);
	if (!mkdtemp(top))
		return -1;
	snprintf(dir, sizeof(dir), "%s/C", top);
	return media_store_posix(dir, true, (struct media_store **)state, &why);
}

static int setup(void **state)
{
	return setup_in(state, "/tmp");
}

/* On a disk, so that O_DIRECT is offered, if the machine has one here. */
static int setup_writers(void **state)
{
	struct media_store *s;

	writers = media_writers_new();
	if (!writers || setup_in(state, "/var/tmp"))
		return -1;
	s = *state;
	s->ops->use_writers(s, writers, NULL);
	return 0;
}

/* Where the system refuses asynchronous I/O. */
static int setup_threads(void **state)
{
	int rc = setup_writers(state);

	if (!rc)
		media_writers_refuse(writers);
	return rc;
}

/* Where O_DIRECT is not what it says. */
static int setup_tmpfs(void **state)
{
	struct media_store *s;

	writers = media_writers_new();
	if (!writers || setup_in(state, "/dev/shm"))
		return -1;
	s = *state;
	s->ops->use_writers(s, writers, NULL);
	return 0;
}

static int teardown(void **state)
{
	struct media_store *s = *state;
	char command[160];

	s->ops->destroy(s);
	media_writers_free(writers);
	writers = NULL;
	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return system(command);
}

static const char *in_dir(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *path, const void *buf, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, buf, len), len);
	close(fd);
}

static void the_directory_is_for_its_owner_alone(void **state)
{
	struct stat st;

	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void opening_names_the_path_that_fails(void **state)
{
	struct media_store *s;
	struct why why;

	assert_int_equal(media_store_posix(dir, true, &s, &why), -EEXIST);
	assert_non_null(strstr(why.text, dir));
	assert_int_equal(media_store_posix(in_dir("none"), false, &s, &why), -ENOENT);
	assert_non_null(strstr(why.text, "none: No such file"));
	assert_int_equal(media_store_posix(in_dir("none/none"), true, &s, &why), -ENOENT);
	write_file(in_dir("file"), "x", 1);
	assert_int_equal(media_store_posix(in_dir("file"), false, &s, &why), -ENOTDIR);
	assert_non_null(strstr(why.text, "Not a directory"));
}

static void a_tape_image_of_tgt_is_named_as_what_it_is(void **state)
{
	uint8_t image[1024] = { 0 };
	struct media_store *s;
	struct why why;

	put_be32(image + 12, 0x10);
	put_be32(image + 48, 2);
	write_file(in_dir("T"), image, sizeof(image));
	assert_int_equal(media_store_posix(in_dir("T"), false, &s, &why), -ENOTDIR);
	assert_non_null(strstr(why.text, "/T is a tape image of tgt's own (tgtimg)"));
}

static void links_directories_and_pipes_are_not_opened(void **state)
{
	struct media_store *s = *state;
	struct media_file *f;

	assert_int_equal(symlink("/etc/passwd", in_dir("link")), 0);
	assert_int_equal(mkdir(in_dir("folder"), 0700), 0);
	assert_int_equal(mkfifo(in_dir("pipe"), 0600), 0);
	assert_true(s->ops->open(s, "link", MEDIA_STORE_RDONLY, &f) < 0);
	assert_true(s->ops->open(s, "folder", MEDIA_STORE_RDONLY, &f) < 0);
	assert_true(s->ops->open(s, "pipe", MEDIA_STORE_RDONLY, &f) < 0);
}

static void what_a_crash_left_of_a_replacement_is_removed_with_the_lock(void **state)
{
	struct media_store *s = *state;
	struct why why;

	write_file(in_dir("cartridge~"), "half", 4);
	put_file(s, "cartridge", "whole");
	assert_int_equal(access(in_dir("cartridge~"), F_OK), -1);
	write_file(in_dir("mam~"), "half", 4);
	assert_int_equal(s->ops->lock(s, "test", &why), 0);
	assert_int_equal(access(in_dir("mam~"), F_OK), -1);
	assert_file(s, "cartridge", "whole");
	s->ops->unlock(s);
}

static void a_direct_file_takes_writes_of_any_alignment(void **state)
{
	struct media_store *s = *state;
	struct media_file *f = open_file(s, "a", MEDIA_STORE_CREATE | MEDIA_STORE_DIRECT);
	uint8_t *page = aligned_alloc(4096, 8192), buf[5];

	memset(page, 'p', 8192);
	assert_int_equal(s->ops->pwrite(f, page, 8192, 0), 8192);
	assert_int_equal(s->ops->pwrite(f, page + 1, 5, 3), 5);
	assert_int_equal(s->ops->pread(f, buf, 5, 8190), 2);
	s->ops->close(f);
	free(page);
}

static int stop_listing(void *arg, const char *name)
{
	++*(unsigned *)arg;
	return 1;
}

static void more_writes_than_the_kernel_takes_at_once_all_end(void **state)
{
	struct media_store *s = *state;
	struct media_file *f = open_file(s, "a", MEDIA_STORE_CREATE | MEDIA_STORE_DIRECT);
	struct media_io *io = calloc(2000, sizeof(*io));
	uint8_t *page = aligned_alloc(4096, 4096);
	struct stat st;

	memset(page, 'p', 4096);
	assert_int_equal(s->ops->allocate(f, 0, 2000 * 4096), 0);
	for (unsigned i = 0; i < 2000; i++) {
		io[i] = (struct media_io){ .buf = page, .len = 4096, .off = i * 4096ull };
		s->ops->write_begin(f, &io[i]);
	}
	for (unsigned i = 0; i < 2000; i++)
		assert_int_equal(s->ops->write_end(f, &io[i]), 0);
	s->ops->close(f);
	assert_int_equal(stat(in_dir("a"), &st), 0);
	assert_int_equal(st.st_size, 2000 * 4096);
	free(page);
	free(io);
}

struct writing {
	struct media_store *store;
	char name[8];
};

/* A file of its own, some writes always under way. */
static void *write_much(void *arg)
{
	struct writing *w = arg;
	struct media_file *f = open_file(w->store, w->name, MEDIA_STORE_CREATE | MEDIA_STORE_DIRECT);
	uint8_t *page = aligned_alloc(4096, 4096), got[4096];
	struct media_io io[4];

	memset(page, w->name[0], 4096);
	for (unsigned i = 0; i < 204; i++) {
		if (i >= 4)
			assert_int_equal(w->store->ops->write_end(f, &io[i % 4]), 0);
		io[i % 4] = (struct media_io){ .buf = page, .len = 4096, .off = i * 4096ull };
		w->store->ops->write_begin(f, &io[i % 4]);
	}
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(w->store->ops->write_end(f, &io[i]), 0);
	w->store->ops->close(f);
	f = open_file(w->store, w->name, MEDIA_STORE_RDONLY);
	for (unsigned i = 0; i < 204; i++) {
		assert_int_equal(w->store->ops->pread(f, got, 4096, i * 4096ull), 4096);
		assert_memory_equal(got, page, 4096);
	}
	w->store->ops->close(f);
	free(page);
	return NULL;
}

static void many_threads_write_with_one_context(void **state)
{
	struct writing writing[6];
	pthread_t thread[6];

	for (unsigned i = 0; i < 6; i++) {
		writing[i] = (struct writing){ .store = *state };
		snprintf(writing[i].name, sizeof(writing[i].name), "%c", 'a' + i);
		assert_int_equal(pthread_create(&thread[i], NULL, write_much, &writing[i]), 0);
	}
	for (unsigned i = 0; i < 6; i++)
		pthread_join(thread[i], NULL);
}

/* Ten files of 8 MiB, removed. */
static void remove_much(struct media_store *s)
{
	for (char name[] = "a"; *name <= 'j'; ++*name) {
		struct media_file *f = open_file(s, name, MEDIA_STORE_CREATE | MEDIA_STORE_DIRECT);

		assert_int_equal(s->ops->allocate(f, 0, 8 << 20), 0);
		s->ops->close(f);
		assert_int_equal(s->ops->remove(s, name), 0);
		assert_int_equal(s->ops->open(s, name, 0, &f), -ENOENT);
		assert_int_equal(s->ops->remove(s, name), -ENOENT);
	}
}

static void what_is_removed_behind_its_caller_is_gone_when_the_lock_is(void **state)
{
	struct media_store *s = *state;
	unsigned calls = 0;
	struct stat st;
	struct why why;

	assert_int_equal(s->ops->lock(s, "test", &why), 0);
	remove_much(s);
	assert_int_equal(s->ops->list(s, stop_listing, &calls), 0);
	assert_int_equal(calls, 0);
	s->ops->unlock(s);
	for (char name[] = "a~~"; *name <= 'j'; ++*name)
		assert_int_equal(stat(in_dir(name), &st), -1);
}

static void a_name_can_be_used_again_while_its_file_is_being_removed(void **state)
{
	struct media_store *s = *state;

	for (unsigned i = 0; i < 5; i++) {
		remove_much(s);
		put_file(s, "a", "new");
		assert_file(s, "a", "new");
		assert_int_equal(s->ops->remove(s, "a"), 0);
	}
}

static void a_second_opener_in_this_process_is_told_who_has_it(void **state)
{
	struct media_store *s = *state, *other;
	struct why why;

	assert_int_equal(media_store_posix(dir, false, &other, &why), 0);
	assert_int_equal(s->ops->lock(s, "tgtd, process 4711", &why), 0);
	assert_int_equal(other->ops->lock(other, "vtl", &why), -EBUSY);
	assert_non_null(strstr(why.text, dir));
	assert_non_null(strstr(why.text, "in use by tgtd, process 4711"));
	/* A failed attempt must not take the lock away, as closing a POSIX lock's file would. */
	assert_int_equal(other->ops->lock(other, "vtl", &why), -EBUSY);
	s->ops->destroy(s);
	assert_int_equal(other->ops->lock(other, "vtl", &why), 0);
	*state = other;
}

/* Starts a process that locks the store; returns it once the lock is held. */
static pid_t start_holder(void)
{
	struct media_store *s;
	struct why why;
	int pipes[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		if (media_store_posix(dir, false, &s, &why) == 0 && s->ops->lock(s, "the other process", &why) == 0)
			(void)!write(pipes[1], "L", 1);
		pause();
		_exit(0);
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &c, 1), 1);
	close(pipes[0]);
	return pid;
}

static void another_process_is_named_and_its_death_frees_the_lock(void **state)
{
	struct media_store *s = *state;
	pid_t pid = start_holder();
	struct why why;

	assert_int_equal(s->ops->lock(s, "test", &why), -EBUSY);
	assert_non_null(strstr(why.text, "in use by the other process"));
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(s->ops->lock(s, "test", &why), 0);
	s->ops->unlock(s);
}

static void without_permission_the_error_says_so(void **state)
{
	pid_t pid;
	int status;

	/* As nobody, whom permissions bind: root is above them. */
	if (geteuid())
		skip();
	assert_int_equal(chmod(top, 0755), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	put_file(*state, "a", "x");
	pid = fork();
	if (pid == 0) {
		struct media_store *s;
		struct media_file *f;
		struct why why;

		if (setuid(65534) < 0 || media_store_posix(dir, false, &s, &why) < 0)
			_exit(1);
		if (s->ops->lock(s, "test", &why) != -EACCES || !strstr(why.text, "Permission denied"))
			_exit(2);
		if (s->ops->open(s, "a", 0, &f) != -EACCES || s->ops->replace(s, "a", "y", 1) != -EACCES)
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTRACTS(setup, teardown),
		CONTRACTS(setup_writers, teardown),
		CONTRACTS(setup_threads, teardown),
		CONTRACTS(setup_tmpfs, teardown),
		cmocka_unit_test_setup_teardown(more_writes_than_the_kernel_takes_at_once_all_end, setup_writers,
						teardown),
		cmocka_unit_test_setup_teardown(many_threads_write_with_one_context, setup_writers, teardown),
		cmocka_unit_test_setup_teardown(what_is_removed_behind_its_caller_is_gone_when_the_lock_is,
						setup_writers, teardown),
		cmocka_unit_test_setup_teardown(a_name_can_be_used_again_while_its_file_is_being_removed,
						setup_writers, teardown),
		T(the_directory_is_for_its_owner_alone),
		T(opening_names_the_path_that_fails),
		T(a_tape_image_of_tgt_is_named_as_what_it_is),
		T(links_directories_and_pipes_are_not_opened),
		T(what_a_crash_left_of_a_replacement_is_removed_with_the_lock),
		T(a_direct_file_takes_writes_of_any_alignment),
		T(a_second_opener_in_this_process_is_told_who_has_it),
		T(another_process_is_named_and_its_death_frees_the_lock),
		T(without_permission_the_error_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
