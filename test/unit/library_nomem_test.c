/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that runs out, at every allocation of a library: each step is done or not, and nothing is in two places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nomem.h"
#include "parts.h"

#define CARTRIDGES	3
#define MOVES		4

static struct vtl_models *models;
static char root[64];

static int begin(void **state)
{
	struct why why;

	models = vtl_models_load("conf/models", &why);
	strcpy(root, "/tmp/vtl-library-XXXXXX");
	return !models || !mkdtemp(root) || setenv("VTL_LIBRARY_ROOT", root, 1);
}

static int end(void **state)
{
	vtl_models_free(models);
	library_remove_tree(root);
	unsetenv("VTL_LIBRARY_ROOT");
	return 0;
}

static enum library_err create(struct why *why)
{
	struct library_plan plan = { .name = "main", .model = "STK-L700", .drives = { { "IBM-LTO8", 2 } },
				     .drive_rows = 1, .slots = 6, .import_exports = 2 };

	return library_create(models, &plan, why);
}

static enum library_err add(struct library *l, unsigned n, struct why *why)
{
	struct library_place at = { LIBRARY_SLOT, n + 1 };
	char barcode[16];

	snprintf(barcode, sizeof(barcode), "TST%03uL8", n);
	return library_add_cartridge(l, vtl_models_medium(models, "LTO-8"), MEDIA_DATA, barcode,
				     (struct library_size){ 64 << 20, false }, at, why);
}

static void moved(struct library_move *move)
{
	move->owner = move;
}

static enum library_err move(struct library *l, unsigned n, struct why *why)
{
	static const struct library_place place[MOVES + 1] = {
		{ LIBRARY_SLOT, 1 }, { LIBRARY_DRIVE, 1 }, { LIBRARY_SLOT, 5 }, { LIBRARY_IO, 1 }, { LIBRARY_SLOT, 1 },
	};
	struct library_move m = { .from = place[n], .to = place[n + 1], .done = moved };

	library_move(l, &media_exec_inline, &m);
	assert_ptr_equal(m.owner, &m);
	*why = m.why;
	return m.err;
}

/* A step is done again where there was no memory for it. */
static void expect_done(unsigned nth, const char *what, unsigned n, enum library_err again, const struct why *why)
{
	if (again)
		fail_msg("allocation %u: %s %u, done again: %s", nth, what, n, why->text);
}

static struct library *open_lib(void)
{
	struct library *l;
	struct why why = { "" };

	if (library_open(models, "main", LIBRARY_OWN, "a test", &l, &why) == LIBRARY_OK)
		return l;
	nomem_fail(0, 0);
	if (library_open(models, "main", LIBRARY_OWN, "a test", &l, &why))
		fail_msg("%s", why.text);
	return l;
}

static bool run(unsigned nth)
{
	struct library *l;
	struct why why = { "" };
	enum library_err err;
	unsigned count = 0;
	bool met;

	nomem_fail(nth, 1);
	err = create(&why);
	if (err)
		assert_int_equal(create(&why), LIBRARY_OK);
	l = open_lib();
	for (unsigned n = 0; n < CARTRIDGES; n++) {
		if (add(l, n, &why) == LIBRARY_OK || add(l, n, &why) == LIBRARY_OK)
			continue;
		/* It may have been made without having found a place in memory. */
		library_close(l);
		l = open_lib();
		expect_done(nth, "cartridge", n, library_nth(l, n) ? LIBRARY_OK : LIBRARY_FAILED, &why);
	}
	for (unsigned n = 0; n < MOVES; n++) {
		err = move(l, n, &why);
		expect_done(nth, "move", n, err ? move(l, n, &why) : err, &why);
	}
	library_close(l);
	l = open_lib();
	met = nomem_calls() >= nth;
	nomem_fail(0, 0);
	while (library_nth(l, count))
		count++;
	assert_int_equal(count, CARTRIDGES);
	assert_string_equal(library_at(l, (struct library_place){ LIBRARY_SLOT, 1 })->barcode, "TST000L8");
	library_close(l);
	assert_int_equal(library_delete(models, "main", &why), LIBRARY_OK);
	return met;
}

static void a_library_goes_on(void **state)
{
	unsigned nth = 1;

	while (run(nth))
		nth++;
	print_message("# %u allocations\n", nth - 1);
	assert_true(nth > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_library_goes_on, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
