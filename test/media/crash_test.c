/* SPDX-License-Identifier: GPL-2.0-only */
/* Every crash of short scripts: what was made durable is there, what was cut off stays away, and the tape is usable. */
#include <errno.h>
#include <stdio.h>

#include "store_fault.h"
#include "store_memory.h"
#include "script_check.h"

#define THOROUGH	3	/* one in so many crashes is also written on */
#define RANDOM		16	/* random choices at each point */
#define NESTED		47	/* one in so many recoveries is itself crashed everywhere */

struct check {
	const struct script *script;
	unsigned first;		/* mark of the script's states that count; the one before is durable */
	size_t crashes, nested;
	bool inner;		/* the crash of a recovery */
	size_t outer_op;
};

static int check_crash(void *arg, struct media_store *store, const struct media_crash *crash);

/* Crashes the recovery itself, at every change that it makes. */
static int check_recovery(struct check *check, struct media_store *store, size_t op)
{
	struct check inner = { .script = check->script, .inner = true, .outer_op = op };
	struct media_crash_sweep sweep = { .each = check_crash, .arg = &inner };
	struct media_store *copy, *fault;
	struct media *media;
	struct why why;
	int rc;

	assert_int_equal(media_store_memory_clone(store, &copy), 0);
	assert_int_equal(media_store_fault(copy, &fault), 0);
	assert_int_equal(media_fault_record(fault), 0);
	if (script_open(fault, &media, &why) == MEDIA_OK)
		media_close(media);
	rc = media_fault_crashes(fault, &sweep);
	check->nested += inner.crashes;
	fault->ops->destroy(fault);
	copy->ops->destroy(copy);
	return rc;
}

static int check_crash(void *arg, struct media_store *store, const struct media_crash *crash)
{
	struct check *check = arg;
	size_t op = check->inner ? check->outer_op : crash->op;
	struct why why = { "no reason given" };

	check->crashes++;
	if (!check->inner && check->crashes % NESTED == 0) {
		int rc = check_recovery(check, store, op);

		if (rc)
			return rc;
	}
	if (script_survives(store, check->script, op, check->inner || check->crashes % THOROUGH == 0, &why))
		return 0;
	print_error("crash %zu, after change %zu (%s)%s: %s\n", check->crashes, op,
		    crash->text, check->inner ? " of a recovery" : "", why.text);
	return 1;
}

/* Under what circumstances a script is run. */
struct circumstances {
	unsigned partitions;
	bool allocates;		/* the store can allocate ahead; recovery then has megabytes of zeros to look through */
	bool worm;
	uint64_t room;		/* bytes that the disk has, or 0: enough */
};

static void crash_under(const struct step *steps, const struct circumstances *c)
{
	static struct script script;
	struct check check = { .script = &script };
	struct media_crash_sweep sweep = { .random = RANDOM, .seed = 20240229, .each = check_crash, .arg = &check };
	struct media_store *under, *fault;
	uint64_t space;
	int rc;

	assert_int_equal(media_store_memory(&under), 0);
	if (c->worm)
		script_create_worm(under, c->partitions);
	else
		script_create(under, c->partitions);
	assert_int_equal(media_store_fault(under, &fault), 0);
	assert_int_equal(media_fault_record(fault), 0);
	if (!c->allocates)
		media_fault_fail(fault, MEDIA_FAULT_ALLOCATE, 1, 0, EOPNOTSUPP);
	assert_int_equal(under->ops->space(under, &space), 0);
	if (c->room)
		media_store_memory_limit(under, (1ull << 40) - space + c->room);
	script_run(&script, fault, c->partitions, steps, media_fault_recorded);
	if (c->room)
		assert_true(script.failed == MEDIA_NOSPACE || script.failed == MEDIA_FULL);
	else if (script.failed)
		fail_msg("step %u: %s", script.marks - 1, media_strerror(script.failed));
	rc = media_fault_crashes(fault, &sweep);
	print_message("# %zu changes, %zu crashes, %zu of recoveries\n", media_fault_recorded(fault), check.crashes,
		      check.nested);
	fault->ops->destroy(fault);
	under->ops->destroy(under);
	assert_int_equal(rc, 0);
}

static void crash_everywhere(const struct step *steps, unsigned partitions, bool allocates)
{
	crash_under(steps, &(struct circumstances){ .partitions = partitions, .allocates = allocates });
}

static void appending_blocks_and_filemarks(void **state)
{
	static const struct step steps[] = {
		{ CODEC, MEDIA_CODEC_ZLIB }, { WRITE, 100 }, { WRITE, 5001 }, { MARKS, 1 }, { WRITE, 20000 },
		{ WRITE, 1 }, { MARKS_IMMEDIATE, 1 }, { WRITE, 9000 }, { SYNC },
		{ WRITE, 70001 }, { WRITE, 512 }, { MARKS, 3 }, { WRITE, 4096 }, { END },
	};

	crash_everywhere(steps, 1, true);
}

static void going_over_many_segments(void **state)
{
	static const struct step steps[] = {
		{ WRITE, 30001 }, { WRITE, 30003 }, { MARKS_IMMEDIATE, 1 }, { WRITE, 70005 }, { SYNC },
		{ WRITE, 40007 }, { LOCATE, 1 }, { WRITE, 35009 }, { MARKS, 1 }, { END },
	};

	crash_everywhere(steps, 1, false);
}

static void overwriting_in_the_middle(void **state)
{
	static const struct step steps[] = {
		{ WRITE, 3001 }, { WRITE, 3003 }, { WRITE, 3005 }, { MARKS, 1 }, { WRITE, 3007 }, { MARKS, 1 },
		{ LOCATE, 2 }, { WRITE, 801 }, { WRITE, 803 }, { MARKS, 1 }, { LOCATE, 0 }, { WRITE, 905 }, { END },
	};

	crash_everywhere(steps, 1, true);
}

static void overwriting_with_records_of_the_same_size(void **state)
{
	static const struct step steps[] = {
		{ WRITE, 2001 }, { WRITE, 2001 }, { WRITE, 2001 }, { WRITE, 2001 }, { MARKS, 1 },
		{ LOCATE, 1 }, { WRITE, 2001 }, { MARKS_IMMEDIATE, 1 }, { WRITE, 2001 }, { MARKS, 1 },
		{ LOCATE, 1 }, { WRITE, 2001 }, { SYNC }, { END },
	};

	crash_everywhere(steps, 1, false);
}

static void overwriting_at_once_what_was_only_buffered(void **state)
{
	static const struct step steps[] = {
		{ WRITE, 1001 }, { MARKS, 1 }, { WRITE, 1003 }, { WRITE, 1005 }, { LOCATE, 2 }, { WRITE, 1007 },
		{ LOCATE, 3 }, { WRITE, 1009 }, { LOCATE, 1 }, { WRITE, 1011 }, { MARKS, 1 }, { END },
	};

	crash_everywhere(steps, 1, true);
}

static void erasing(void **state)
{
	static const struct step steps[] = {
		{ WRITE, 3001 }, { MARKS, 1 }, { WRITE, 3003 }, { WRITE, 3005 }, { LOCATE, 1 }, { ERASE },
		{ WRITE, 701 }, { MARKS, 1 }, { LOCATE, 0 }, { ERASE }, { WRITE, 703 }, { END },
	};

	crash_everywhere(steps, 1, false);
}

static void writing_attributes(void **state)
{
	static const struct step steps[] = {
		{ ATTR, 1, 10 }, { WRITE, 100 }, { MARKS, 1 }, { ATTR, 2, 5000 }, { SYNC }, { ATTR, 1, 30 },
		{ ATTR_DELETE, 2 }, { ATTR, 3, 1 }, { MARKS, 0 }, { ATTR, 4, 8 }, { END },
	};

	crash_everywhere(steps, 1, true);
}

static void formatting(void **state)
{
	static const struct step steps[] = {
		{ WRITE, 3001 }, { ATTR, 1, 10 }, { MARKS, 1 }, { FORMAT, 2 }, { WRITE, 3003 }, { LOCATE, 0, 1 },
		{ WRITE, 901 }, { MARKS, 1 }, { FORMAT, 1 }, { WRITE, 3005 }, { MARKS, 1 }, { FORMAT, 4 }, { END },
	};

	crash_everywhere(steps, 1, true);
}

static void several_partitions(void **state)
{
	static const struct step steps[] = {
		{ WRITE, 1001 }, { LOCATE, 0, 1 }, { WRITE, 1003 }, { MARKS, 1 }, { LOCATE, 1, 0 }, { WRITE, 1005 },
		{ LOCATE, 0, 2 }, { WRITE, 1007 }, { LOCATE, 1, 1 }, { WRITE, 1009 }, { SYNC }, { LOCATE, 0, 0 },
		{ WRITE, 1011 }, { LOCATE, 1, 2 }, { MARKS, 1 }, { END },
	};

	crash_everywhere(steps, 3, false);
}

static void mounting_again_and_going_on(void **state)
{
	static const struct step steps[] = {
		{ WRITE, 1001 }, { MARKS, 1 }, { WRITE, 1003 }, { REOPEN }, { SPACE_END }, { WRITE, 1005 },
		{ MARKS, 1 }, { REOPEN }, { LOCATE, 1 }, { WRITE, 1007 }, { REOPEN }, { SPACE_END }, { WRITE, 1009 },
		{ END },
	};

	crash_everywhere(steps, 1, false);
}

static void being_killed_and_opened_again(void **state)
{
	static const struct step steps[] = {
		{ WRITE, 1001 }, { MARKS, 1 }, { WRITE, 5003 }, { MARKS_IMMEDIATE, 1 }, { WRITE, 300001 }, { KILL },
		{ SPACE_END }, { WRITE, 1005 }, { SYNC }, { LOCATE, 1 }, { WRITE, 1007 }, { WRITE, 40001 }, { KILL },
		{ KILL }, { SPACE_END }, { WRITE, 1009 }, { MARKS, 1 }, { WRITE, 90001 }, { KILL }, { END },
	};

	crash_everywhere(steps, 1, false);
}

static void setmarks(void **state)
{
	static const struct step steps[] = {
		{ WRITE, 1001 }, { SETMARKS, 1 }, { WRITE, 5003 }, { MARKS_IMMEDIATE, 1 }, { WRITE, 3005 },
		{ SETMARKS, 2 }, { REOPEN },	  { LOCATE, 4 },   { SETMARKS, 1 },	   { WRITE, 1007 },
		{ SYNC },	 { MARKS, 1 },	  { WRITE, 9009 }, { END },
	};

	crash_everywhere(steps, 1, false);
}

/* Nobody is told, because nothing is lost in the end. */
static void writing_again_what_was_lost_on_its_way(void **state)
{
	static const struct step steps[] = {
		{ WRITE, 1001 }, { MARKS, 1 }, { WRITE, 5003 }, { FAIL, MEDIA_FAULT_SYNC }, { MARKS, 1 },
		{ WRITE, 9005 }, { MARKS_IMMEDIATE, 1 }, { SPACE_END }, { WRITE, 1007 }, { LOCATE, 4 },
		{ FAIL, MEDIA_FAULT_SYNC }, { WRITE, 3009 }, { SYNC }, { WRITE, 9011 }, { FAIL, MEDIA_FAULT_PWRITE },
		{ SYNC }, { WRITE, 1013 }, { FAIL, MEDIA_FAULT_WRITE_END }, { MARKS, 1 }, { END },
	};

	crash_everywhere(steps, 1, false);
}

static void changing_codec_and_write_protection(void **state)
{
	static const struct step steps[] = {
		{ WRITE, 6000 }, { CODEC, MEDIA_CODEC_ZLIB }, { WRITE, 6000 }, { MARKS, 1 }, { PROTECT, 1 },
		{ PROTECT, 0 }, { WRITE, 6000 }, { CODEC, MEDIA_CODEC_NONE }, { WRITE, 6000 }, { MARKS, 1 }, { END },
	};

	crash_everywhere(steps, 1, true);
}

static void appending_to_a_worm_cartridge(void **state)
{
	static const struct step steps[] = {
		{ WRITE, 1001 }, { WRITE, 5003 }, { MARKS, 1 },	   { WRITE, 40005 }, { MARKS_IMMEDIATE, 2 },
		{ WRITE, 1007 }, { SYNC },	  { WRITE, 3009 }, { REOPEN },	     { SPACE_END },
		{ WRITE, 1011 }, { MARKS, 1 },	  { WRITE, 1013 }, { END },
	};

	crash_under(steps, &(struct circumstances){ .partitions = 1, .worm = true });
}

static void encrypting(void **state)
{
	static const struct step steps[] = {
		{ WRITE, 1001 },  { KEY, 1 }, { WRITE, 5003 }, { MARKS, 1 },	       { CODEC, MEDIA_CODEC_ZLIB },
		{ WRITE, 20000 }, { KEY, 0 }, { WRITE, 1007 }, { MARKS_IMMEDIATE, 1 }, { KEY, 1 },
		{ WRITE, 3009 },  { SYNC },   { LOCATE, 2 },   { WRITE, 5011 },	       { WRITE, 701 },
		{ MARKS, 1 },	  { REOPEN }, { KEY, 1 },      { LOCATE, 1 },	       { WRITE, 5003 },
		{ END },
	};

	crash_everywhere(steps, 1, false);
}

/* Wherever the room ends. */
static void filling_the_disk(void **state)
{
	static const struct step steps[] = {
		{ WRITE, 1001 }, { ATTR, 1, 100 }, { MARKS, 1 }, { WRITE, 30003 }, { MARKS, 1 }, { WRITE, 20005 },
		{ WRITE, 20007 }, { MARKS_IMMEDIATE, 1 }, { LOCATE, 2 }, { WRITE, 50009 }, { SYNC }, { FORMAT, 2 },
		{ WRITE, 60011 }, { MARKS, 1 }, { WRITE, 300001 }, { MARKS, 1 }, { END },
	};

	for (uint64_t room = 20000; room < 200000; room += 60000)
		crash_under(steps, &(struct circumstances){ .partitions = 1, .room = room });
	for (uint64_t room = 300000; room < 500000; room += 60000)
		crash_under(steps, &(struct circumstances){ .partitions = 1, .room = room, .allocates = true });
}

/* A crash while a cartridge is made leaves none, or an empty one. */
static int check_creation(void *arg, struct media_store *store, const struct media_crash *crash)
{
	struct model_tape tape;
	struct media_info info;
	struct media *media;
	struct why why = { "" };
	enum media_err err = media_peek(store, &info, &why);

	if (err == MEDIA_FOREIGN)
		return 0;
	++*(unsigned *)arg;
	if (err == MEDIA_OK && script_reopen(store, 0, &media, &tape, &why)) {
		media_close(media);
		if (tape.partitions == 2 && !tape.part[0].count && !tape.part[1].count && script_sound(store, &why))
			return 0;
	}
	print_error("after change %zu (%s): %s: %s\n", crash->op, crash->text, media_strerror(err), why.text);
	return 1;
}

static void making_a_cartridge(void **state)
{
	unsigned made = 0;
	struct media_crash_sweep sweep = { .random = 2, .seed = 1, .each = check_creation, .arg = &made };
	struct media_store *under, *fault;

	assert_int_equal(media_store_memory(&under), 0);
	assert_int_equal(media_store_fault(under, &fault), 0);
	assert_int_equal(media_fault_record(fault), 0);
	script_create(fault, 2);
	assert_int_equal(media_fault_crashes(fault, &sweep), 0);
	assert_true(made);
	fault->ops->destroy(fault);
	under->ops->destroy(under);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appending_blocks_and_filemarks),
		cmocka_unit_test(going_over_many_segments),
		cmocka_unit_test(overwriting_in_the_middle),
		cmocka_unit_test(overwriting_with_records_of_the_same_size),
		cmocka_unit_test(overwriting_at_once_what_was_only_buffered),
		cmocka_unit_test(erasing),
		cmocka_unit_test(writing_attributes),
		cmocka_unit_test(formatting),
		cmocka_unit_test(several_partitions),
		cmocka_unit_test(mounting_again_and_going_on),
		cmocka_unit_test(being_killed_and_opened_again),
		cmocka_unit_test(writing_again_what_was_lost_on_its_way),
		cmocka_unit_test(setmarks),
		cmocka_unit_test(changing_codec_and_write_protection),
		cmocka_unit_test(appending_to_a_worm_cartridge),
		cmocka_unit_test(encrypting),
		cmocka_unit_test(filling_the_disk),
		cmocka_unit_test(making_a_cartridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
