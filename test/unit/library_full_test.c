/* SPDX-License-Identifier: GPL-2.0-only */
/* A library on a file system that is full, read-only, or refuses to write: nothing is left half done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "library_world.h"
#include "store_fault.h"

/* A small file system of its own, seen by this process only; the test is skipped where that is forbidden. */
static void mount_small(struct lib_world *f)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", f->root, "tmpfs", 0, "size=4m"))
		skip();
	f->mounted = true;
}

/* Leaves room for `room` bytes only. */
static void fill_up(struct lib_world *f, uint64_t room)
{
	char path[128], *block = calloc(1, 4096);
	uint64_t size = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/filler", f->root);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0 && block);
	while (write(fd, block, 4096) == 4096)
		size += 4096;
	assert_true(size >= room);
	assert_int_equal(ftruncate(fd, (off_t)(size - room)), 0);
	close(fd);
	free(block);
}

static unsigned entries(const char *dir)
{
	struct dirent **e;
	int n = scandir(dir, &e, NULL, NULL);

	for (int i = 0; i < n; i++)
		free(e[i]);
	free(e);
	return n < 0 ? 0 : (unsigned)n - 2;
}

static enum library_err create(struct lib_world *f, struct why *why)
{
	struct library_plan plan = { .name = "one",
				     .model = "STK-L700",
				     .drives = { { "IBM-LTO8", 2 } },
				     .drive_rows = 1,
				     .slots = 24,
				     .import_exports = 4 };

	why->text[0] = 0;
	return library_create(f->models, &plan, why);
}

static struct library *make(struct lib_world *f)
{
	struct library *l;
	struct why why;

	if (create(f, &why) || library_open(f->models, "one", LIBRARY_OWN, "a test", &l, &why)) {
		fail_msg("%s", why.text);
		return NULL;
	}
	return l;
}

static enum library_err add(struct lib_world *f, struct library *l, const char *barcode, struct why *why)
{
	return library_add_cartridge(l, vtl_models_medium(f->models, "LTO-8"), MEDIA_DATA, barcode,
				     (struct library_size){ 1 << 20, false },
				     (struct library_place){ LIBRARY_NOWHERE, 0 }, why);
}

static void done(struct library_move *move)
{
}

static enum library_err move(struct library *l, unsigned from, unsigned to, struct why *why)
{
	struct library_move m = { .from = { LIBRARY_SLOT, from }, .to = { LIBRARY_SLOT, to }, .done = done };

	library_move(l, &media_exec_inline, &m);
	*why = m.why;
	return m.err;
}

static void a_library_that_cannot_be_written_is_not_made_at_all(void **state)
{
	struct rlimit was, small;
	struct lib_world *f = *state;
	struct why why;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	signal(SIGXFSZ, SIG_IGN);
	for (rlim_t limit = 0; limit < 5000; limit += 100) {
		enum library_err err;

		small = was;
		small.rlim_cur = limit;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		err = create(f, &why);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
		if (!err) {
			assert_true(limit > 4000);
			return;
		}
		assert_int_equal(err, LIBRARY_FAILED);
		assert_non_null(strstr(why.text, "File too large"));
		assert_int_equal(entries(f->root), 0);
	}
	fail();
}

static void on_a_full_file_system_no_library_is_made(void **state)
{
	struct lib_world *f = *state;
	struct why why;

	mount_small(f);
	fill_up(f, 8192);
	assert_int_equal(create(f, &why), LIBRARY_FAILED);
	assert_non_null(strstr(why.text, "No space left"));
	assert_int_equal(entries(f->root), 1);
}

static void on_a_read_only_file_system_no_library_is_made(void **state)
{
	struct lib_world *f = *state;
	struct why why;

	mount_small(f);
	assert_int_equal(mount("none", f->root, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_int_equal(create(f, &why), LIBRARY_FAILED);
	assert_non_null(strstr(why.text, "Read-only file system"));
	assert_int_equal(entries(f->root), 0);
}

static void on_a_full_file_system_cartridges_still_move_and_none_is_made_by_halves(void **state)
{
	struct lib_world *f = *state;
	struct library *l;
	struct why why;
	char media[128];

	mount_small(f);
	l = make(f);
	assert_int_equal(add(f, l, "VTL001L8", &why), LIBRARY_OK);
	fill_up(f, 4096);
	assert_int_equal(add(f, l, "VTL002L8", &why), LIBRARY_FAILED);
	assert_non_null(strstr(why.text, "VTL002L8 cannot be made"));
	assert_non_null(strstr(why.text, "No space left"));
	snprintf(media, sizeof(media), "%s/one/media", f->root);
	assert_int_equal(entries(media), 1);
	for (unsigned i = 0; i < 100; i++)
		if (move(l, i % 20 + 1, (i + 1) % 20 + 1, &why))
			fail_msg("%s", why.text);
	library_close(l);
}

static void what_cannot_be_written_has_not_moved(void **state)
{
	struct lib_world *f = *state;
	struct library *l = make(f), *reader;
	struct media_store *posix = l->store, *fault;
	struct why why;

	assert_int_equal(add(f, l, "VTL001L8", &why), LIBRARY_OK);
	journal_close(&l->journal);
	assert_int_equal(media_store_fault(posix, &fault), 0);
	l->journal.store = fault;
	media_fault_fail(fault, MEDIA_FAULT_REPLACE, 1, 0, ENOSPC);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(move(l, 1, 2, &why), LIBRARY_FAILED);
		assert_non_null(strstr(why.text, "the inventory cannot be written: No space left"));
		assert_string_equal(library_at(l, (struct library_place){ LIBRARY_SLOT, 1 })->id, "VTL001L8");
		assert_int_equal(library_open(f->models, "one", LIBRARY_READ, "", &reader, &why), LIBRARY_OK);
		assert_string_equal(library_at(reader, (struct library_place){ LIBRARY_SLOT, 1 })->id, "VTL001L8");
		library_close(reader);
	}
	media_fault_fail(fault, MEDIA_FAULT_REPLACE, 0, 0, 0);
	assert_int_equal(move(l, 1, 2, &why), LIBRARY_OK);
	journal_close(&l->journal);
	fault->ops->destroy(fault);
	library_close(l);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		LIB_TEST(a_library_that_cannot_be_written_is_not_made_at_all),
		LIB_TEST(on_a_full_file_system_no_library_is_made),
		LIB_TEST(on_a_read_only_file_system_no_library_is_made),
		LIB_TEST(on_a_full_file_system_cartridges_still_move_and_none_is_made_by_halves),
		LIB_TEST(what_cannot_be_written_has_not_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
