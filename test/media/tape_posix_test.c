/* SPDX-License-Identifier: GPL-2.0-only */
/* A cartridge in a directory: a killed process, two openers, memory of a large tape, copies. */
#include "tape.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "be.h"
#include "format.h"

static char dir[64], path[80];
static struct tape tape;

static int setup_in(const char *where, struct media_writers *writers)
{
	struct media_info info = tape_info();
	struct media_store *store;
	struct why why;

	memset(&tape, 0, sizeof(tape));
	tape.writers = writers;
	snprintf(dir, sizeof(dir), "%s/tape_posix.XXXXXX", where);
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/tape", dir);
	if (media_store_posix(path, true, &store, &why))
		return -1;
	tape_create(&tape, store, &info);
	return 0;
}

static int setup(void **state)
{
	return setup_in("/tmp", NULL);
}

/* On a disk, so that O_DIRECT is offered, if the machine has one here. */
static int setup_writers(void **state)
{
	struct media_writers *writers = media_writers_new();

	return writers ? setup_in("/var/tmp", writers) : -1;
}

static int teardown(void **state)
{
	char cmd[128];

	if (tape.media)
		tape_close(&tape);
	if (tape.store)
		tape.store->ops->destroy(tape.store);
	media_writers_free(tape.writers);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	return system(cmd);
}

/* What a process leaves that is killed behind `before` synced blocks and `after` more. */
static void killed(unsigned before, unsigned after)
{
	pid_t pid;
	int status;

	tape_close(&tape);
	tape.store->ops->destroy(tape.store);
	tape.store = NULL;
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct why why;

		if (media_store_posix(path, false, &tape.store, &why) || tape_open(&tape) ||
		    tape_space(&tape, MEDIA_OP_SPACE_EOD, 0, NULL))
			_exit(1);
		for (unsigned i = 0; i < before + after; i++)
			if (tape_write(&tape, 40000, i) || (i == before - 1 && tape_sync(&tape)))
				_exit(1);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(media_store_posix(path, false, &tape.store, NULL), 0);
}

static void a_killed_process_leaves_everything_up_to_its_last_sync(void **state)
{
	struct media_usage usage;

	killed(30, 40);
	assert_int_equal(tape_verify(tape.store, true), 0);
	assert_int_equal(tape_open(&tape), MEDIA_OK);
	media_usage(tape.media, 0, &usage);
	assert_in_range(usage.objects, 30, 70);
	for (unsigned i = 0; i < usage.objects; i++)
		expect_block(&tape, 40000, i);
	expect_read(&tape, MEDIA_EOD);
	assert_int_equal(tape_write(&tape, 10, 10), MEDIA_OK);
	tape_reopen(&tape);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, (int64_t)usage.objects), MEDIA_OK);
	expect_block(&tape, 10, 10);
	expect_read(&tape, MEDIA_EOD);
}

static void a_second_opener_is_told_who_has_it(void **state)
{
	struct media_options options = { .owner = "another" };
	struct media_store *store;
	struct media *media;
	struct why why = { "" };

	assert_int_equal(media_store_posix(path, false, &store, &why), 0);
	assert_int_equal(media_open(store, &media_exec_inline, &options, &media, &why), MEDIA_BUSY);
	assert_non_null(strstr(why.text, "test"));
	tape_close(&tape);
	assert_int_equal(media_open(store, &media_exec_inline, &options, &media, &why), MEDIA_OK);
	media_close(media);
	store->ops->destroy(store);
}

static void a_tape_opened_to_be_read_only_is_not_changed(void **state)
{
	struct media_options options = { .owner = "list", .read_only = true };
	struct media_req write = { .op = MEDIA_OP_WRITE, .buf = &write, .len = 10 };
	struct media_usage usage;
	struct why why;
	char cmd[300], before[128] = "", after[128] = "";
	FILE *f;

	killed(5, 5);
	snprintf(cmd, sizeof(cmd), "cd '%s' && ls -l --time-style=full-iso p* cartridge mam | md5sum", path);
	f = popen(cmd, "r");
	assert_non_null(fgets(before, sizeof(before), f));
	pclose(f);
	assert_int_equal(media_open(tape.store, &media_exec_inline, &options, &tape.media, &why), MEDIA_OK);
	media_usage(tape.media, 0, &usage);
	assert_in_range(usage.objects, 5, 10);
	assert_int_equal(tape_do(&tape, &write), MEDIA_PROTECTED);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 4), MEDIA_OK);
	expect_block(&tape, 40000, 4);
	tape_close(&tape);
	f = popen(cmd, "r");
	assert_non_null(fgets(after, sizeof(after), f));
	pclose(f);
	assert_string_equal(before, after);
}

/* The system may take a page from its cache at any time: then one move goes by a job, and finds the page there. */
static void a_move_whose_index_is_in_memory_ends_at_once(void **state)
{
	struct media_req req = { 0 };
	unsigned by_job = 0;
	uint64_t seed = 7;

	for (unsigned i = 0; i < 3000; i++)
		assert_int_equal(i % 10 == 9 ? tape_marks(&tape, 1, true) : tape_write(&tape, 100, i), MEDIA_OK);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	tape.hold = true;
	tape_reopen(&tape);
	for (unsigned i = 0; i < 400; i++) {
		bool filemark = i % 2;
		uint64_t to = tape_draw(&seed) % (filemark ? 300 : 3000);

		req = (struct media_req){ .op = filemark ? MEDIA_OP_LOCATE_FILEMARK : MEDIA_OP_LOCATE_OBJECT,
					  .count = (int64_t)to };
		assert_int_equal(tape_do(&tape, &req), MEDIA_OK);
		expect_at(&tape, filemark ? to * 10 + 9 : to, filemark ? to : to / 10);
		by_job += tape.jobs > 0;
		tape.jobs = 0;
	}
	assert_in_range(by_job, 1, 20);
}

/* ---- copies of an encrypted cartridge ---- */

static void encrypt_with_the_key(struct tape *t)
{
	struct media_encrypt encrypt = { .key = media_key_new((const uint8_t *)"one key for all of the copies...") };

	assert_int_equal(media_set_encrypt(t->media, &encrypt), MEDIA_OK);
	media_key_drop(encrypt.key);
}

/* Copies the directory with a copying program, as it lies there, and opens the copy. */
static struct tape copied(const char *from, const char *to)
{
	struct tape copy = { 0 };
	char cmd[200], name[100];
	struct why why;

	snprintf(cmd, sizeof(cmd), "cp -r '%s/%s' '%s/%s'", dir, from, dir, to);
	assert_int_equal(system(cmd), 0);
	snprintf(name, sizeof(name), "%s/%s", dir, to);
	assert_int_equal(media_store_posix(name, false, &copy.store, &why), 0);
	assert_int_equal(tape_open(&copy), MEDIA_OK);
	encrypt_with_the_key(&copy);
	return copy;
}

static void done_with(struct tape *t)
{
	tape_close(t);
	assert_int_equal(tape_verify(t->store, true), 0);
	t->store->ops->destroy(t->store);
}

struct sealed_record {
	uint8_t nonce[28], object[8], crc[4];	/* the checksum of what is stored */
};

struct records {
	struct sealed_record rec[4096];
	unsigned n;
};

/* Adds the encrypted records in all files of all directories. */
static void collect(struct records *all)
{
	static uint8_t buf[1 << 20];
	char pattern[100];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/*/p0-*.log", dir);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t f = 0; f < found.gl_pathc; f++) {
		FILE *file = fopen(found.gl_pathv[f], "r");
		size_t len;

		assert_non_null(file);
		len = fread(buf, 1, sizeof(buf), file);
		fclose(file);
		for (size_t at = MFMT_FIRST; at + MFMT_RECORD + 32 < len; at += MFMT_UNIT) {
			struct sealed_record *rec = &all->rec[all->n];

			if (memcmp(buf + at, "VTLR", 4) || !get_be32(buf + at + 28))
				continue;
			assert_true(++all->n < 4096);
			memcpy(rec->nonce, buf + at + MFMT_RECORD + 4, 28);
			memcpy(rec->object, buf + at + 32, 8);
			memcpy(rec->crc, buf + at + 64, 4);
		}
	}
	globfree(&found);
}

/* Writes over a block, appends, and writes over what it has appended. */
static void go_on(struct tape *t, uint64_t seed, struct records *all)
{
	for (unsigned round = 0; round < 2; round++) {
		assert_int_equal(tape_locate(t, MEDIA_OP_LOCATE_OBJECT, 0, 3), MEDIA_OK);
		for (unsigned i = 0; i < 4; i++)
			assert_int_equal(tape_write(t, 200, seed + 10 * round + i), MEDIA_OK);
		assert_int_equal(tape_sync(t), MEDIA_OK);
		collect(all);
	}
}

static void copies_of_an_encrypted_cartridge_share_no_nonce_though_all_go_on_with_its_key(void **state)
{
	static struct records all;
	struct tape first, second;
	unsigned different = 0;

	encrypt_with_the_key(&tape);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(tape_write(&tape, 200, i), MEDIA_OK);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 200, 5), MEDIA_OK);
	/* The copies are made of a cartridge that is being written, and of one of them. */
	first = copied("tape", "first");
	collect(&all);
	go_on(&first, 100, &all);
	second = copied("first", "second");
	go_on(&tape, 200, &all);
	go_on(&second, 300, &all);
	go_on(&first, 400, &all);
	for (unsigned i = 0; i < all.n; i++) {
		bool again = false;

		/* The same nonce is of the same block, which was copied. */
		for (unsigned j = 0; j < i; j++) {
			if (memcmp(all.rec[i].nonce, all.rec[j].nonce, 28))
				continue;
			assert_memory_equal(&all.rec[i], &all.rec[j], sizeof(all.rec[i]));
			again = true;
		}
		different += !again;
	}
	assert_true(different >= 5 + 4 * 8);
	done_with(&first);
	done_with(&second);
}

/* What is durable is no longer in the page cache. */
static void drop_cache(void)
{
	char pattern[100];
	glob_t found;

	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	snprintf(pattern, sizeof(pattern), "%s/p*.log", path);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		int fd = open(found.gl_pathv[i], O_RDONLY);

		assert_true(fd >= 0);
		assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
		close(fd);
	}
	globfree(&found);
}

/* Ever later pieces are written again, each time from within what was read ahead. */
static void what_is_written_over_while_it_is_read_ahead_is_read_as_it_was_written(void **state)
{
	const unsigned blocks = 300, len = 64 << 10;
	uint64_t seed[300];

	for (unsigned i = 0; i < blocks; i++)
		assert_int_equal(tape_write(&tape, len, seed[i] = i), MEDIA_OK);
	for (unsigned from = 20; from < blocks; from += 90) {
		drop_cache();
		assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
		for (unsigned i = 0; i < from; i++)
			expect_block(&tape, len, seed[i]);
		for (unsigned i = from; i < blocks; i++)
			assert_int_equal(tape_write(&tape, len, seed[i] = 1000 * from + i), MEDIA_OK);
		assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
		for (unsigned i = 0; i < blocks; i++)
			expect_block(&tape, len, seed[i]);
		expect_read(&tape, MEDIA_EOD);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_killed_process_leaves_everything_up_to_its_last_sync, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_second_opener_is_told_who_has_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_tape_opened_to_be_read_only_is_not_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_move_whose_index_is_in_memory_ends_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_written_over_while_it_is_read_ahead_is_read_as_it_was_written, setup_writers, teardown),
		cmocka_unit_test_setup_teardown(
			copies_of_an_encrypted_cartridge_share_no_nonce_though_all_go_on_with_its_key, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
