/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of library_add(): new cartridges among moves, in order, with the work where the executor puts it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parts.h"

struct fixture {
	struct media_exec exec;		/* first: jobs wait for run() */
	struct media_job *job;
	struct vtl_models *models;
	struct library *library;
	char root[64];
	char order[64];			/* what ended, a letter each */
};

struct adding {
	struct library_add add;
	struct fixture *f;
	char letter;
};

struct moving {
	struct library_move move;
	struct fixture *f;
	char letter;
};

static void submit(struct media_exec *exec, struct media_job *job)
{
	struct fixture *f = (struct fixture *)exec;

	assert_null(f->job);
	f->job = job;
}

static void run(struct fixture *f)
{
	struct media_job *job;

	while ((job = f->job)) {
		f->job = NULL;
		job->work(job);
		job->done(job);
	}
}

static void note(struct fixture *f, char letter)
{
	f->order[strlen(f->order)] = letter;
}

static void added(struct library_add *add)
{
	struct adding *a = (struct adding *)add;

	note(a->f, a->letter);
}

static void moved(struct library_move *move)
{
	struct moving *m = (struct moving *)move;

	note(m->f, m->letter);
}

static void add(struct fixture *f, struct adding *a, char letter, const char *barcode)
{
	*a = (struct adding){ .add = { .medium = vtl_models_medium(f->models, "LTO-8"), .barcode = barcode,
				       .size.bytes = 64 << 20, .done = added },
			      .f = f, .letter = letter };
	library_add(f->library, &f->exec, &a->add);
}

static void move(struct fixture *f, struct moving *m, char letter, unsigned from, unsigned to)
{
	*m = (struct moving){ .move = { .from = { LIBRARY_SLOT, from }, .to = { LIBRARY_SLOT, to }, .done = moved },
			      .f = f, .letter = letter };
	library_move(f->library, &f->exec, &m->move);
}

static int begin(void **state)
{
	const struct library_plan plan = { .name = "add", .model = "STK-L700", .drives = { { "IBM-LTO8", 1 } },
					   .drive_rows = 1, .slots = 3 };
	struct fixture *f = calloc(1, sizeof(*f));
	struct why why = { "" };

	*state = f;
	f->exec.submit = submit;
	strcpy(f->root, "/tmp/vtl-add-XXXXXX");
	if (!mkdtemp(f->root) || setenv("VTL_LIBRARY_ROOT", f->root, 1))
		return -1;
	f->models = vtl_models_load("conf/models", &why);
	return !f->models || library_create(f->models, &plan, &why) ||
	       library_open(f->models, "add", LIBRARY_OWN, "a test", &f->library, &why);
}

static int end(void **state)
{
	struct fixture *f = *state;

	library_close(f->library);
	vtl_models_free(f->models);
	library_remove_tree(f->root);
	unsetenv("VTL_LIBRARY_ROOT");
	free(f);
	return 0;
}

static void nothing_is_there_before_the_job_has_run(void **state)
{
	struct fixture *f = *state;
	struct adding a;

	add(f, &a, 'a', "ADD001L8");
	assert_null(library_find(f->library, "ADD001L8"));
	assert_false(library_idle(f->library));
	assert_string_equal(f->order, "");
	run(f);
	assert_int_equal(a.add.err, LIBRARY_OK);
	assert_int_equal(a.add.place.kind, LIBRARY_SLOT);
	assert_int_equal(a.add.place.number, 1);
	assert_non_null(library_find(f->library, "ADD001L8"));
	assert_true(library_idle(f->library));
}

static void adding_and_moving_end_in_the_order_in_which_they_came(void **state)
{
	struct fixture *f = *state;
	struct adding a, b;
	struct moving m, n;

	add(f, &a, 'a', "ADD001L8");
	move(f, &m, 'm', 1, 3);
	add(f, &b, 'b', "ADD002L8");
	move(f, &n, 'n', 1, 2);
	run(f);
	assert_string_equal(f->order, "ambn");
	assert_int_equal(m.move.err, LIBRARY_OK);
	assert_int_equal(n.move.err, LIBRARY_OK);
	assert_string_equal(library_at(f->library, (struct library_place){ LIBRARY_SLOT, 3 })->barcode, "ADD001L8");
	assert_string_equal(library_at(f->library, (struct library_place){ LIBRARY_SLOT, 2 })->barcode, "ADD002L8");
}

static void of_two_with_one_barcode_the_second_is_refused(void **state)
{
	struct fixture *f = *state;
	struct adding a, b;

	add(f, &a, 'a', "ADD001L8");
	add(f, &b, 'b', "ADD001L8");
	run(f);
	assert_int_equal(a.add.err, LIBRARY_OK);
	assert_int_equal(b.add.err, LIBRARY_FAILED);
	assert_non_null(strstr(b.add.why.text, "ADD001L8 is there already"));
}

static void of_two_for_one_slot_the_second_is_refused(void **state)
{
	struct fixture *f = *state;
	struct adding a, b;

	add(f, &a, 'a', "ADD001L8");
	b = (struct adding){ .add = { .medium = vtl_models_medium(f->models, "LTO-8"), .barcode = "ADD002L8",
				      .place = { LIBRARY_SLOT, 1 }, .done = added },
			     .f = f, .letter = 'b' };
	library_add(f->library, &f->exec, &b.add);
	run(f);
	assert_int_equal(b.add.err, LIBRARY_FAILED);
	assert_non_null(strstr(b.add.why.text, "slot:1 is full"));
}

static void what_was_added_is_there_when_the_library_is_opened_again(void **state)
{
	struct fixture *f = *state;
	struct why why = { "" };
	struct adding a;

	add(f, &a, 'a', "ADD001L8");
	run(f);
	library_close(f->library);
	assert_int_equal(library_open(f->models, "add", LIBRARY_OWN, "a test", &f->library, &why), LIBRARY_OK);
	assert_non_null(library_find(f->library, "ADD001L8"));
}

static void a_folder_that_cannot_be_made_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct adding a;
	char path[128];

	snprintf(path, sizeof(path), "%s/add/media", f->root);
	assert_int_equal(library_remove_tree(path), 0);
	add(f, &a, 'a', "ADD001L8");
	run(f);
	assert_int_not_equal(a.add.err, LIBRARY_OK);
	assert_non_null(strstr(a.add.why.text, "ADD001L8"));
	assert_null(library_find(f->library, "ADD001L8"));
	assert_true(library_idle(f->library));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_there_before_the_job_has_run),
		TEST(adding_and_moving_end_in_the_order_in_which_they_came),
		TEST(of_two_with_one_barcode_the_second_is_refused),
		TEST(of_two_for_one_slot_the_second_is_refused),
		TEST(what_was_added_is_there_when_the_library_is_opened_again),
		TEST(a_folder_that_cannot_be_made_leaves_nothing),
	};

	return cmocka_run_group_tests_name("adding cartridges", tests, NULL, NULL);
}
