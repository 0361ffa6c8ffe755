/* SPDX-License-Identifier: GPL-2.0-only */
/* Libraries under test: in a directory of their own, with the shipped models. */
#include "library_world.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

int lib_begin(void **state)
{
	struct lib_world *f = calloc(1, sizeof(*f));
	struct why why;

	if (!f)
		return -1;
	*state = f;
	f->models = vtl_models_load("conf/models", &why);
	strcpy(f->root, "/tmp/vtl-library-XXXXXX");
	return !f->models || !mkdtemp(f->root) || setenv("VTL_LIBRARY_ROOT", f->root, 1);
}

int lib_end(void **state)
{
	struct lib_world *f = *state;

	if (f->mounted)
		umount(f->root);
	vtl_models_free(f->models);
	library_remove_tree(f->root);
	unsetenv("VTL_LIBRARY_ROOT");
	free(f);
	return 0;
}

struct library_plan lib_plan(const char *name)
{
	return (struct library_plan){ .name = name,
				      .model = "STK-L700",
				      .drives = { { "IBM-LTO8", 2 } },
				      .drive_rows = 1,
				      .slots = 24,
				      .import_exports = 4 };
}

void lib_create(struct lib_world *f, const char *name)
{
	struct library_plan p = lib_plan(name);
	struct why why = { "" };

	if (library_create(f->models, &p, &why))
		fail_msg("%s", why.text);
}

struct library *lib_open(struct lib_world *f, const char *name, enum library_mode mode)
{
	struct library *l = NULL;
	struct why why = { "" };

	if (library_open(f->models, name, mode, "a test", &l, &why))
		fail_msg("%s", why.text);
	return l;
}

unsigned lib_entries(const char *dir)
{
	struct dirent **e;
	int n = scandir(dir, &e, NULL, NULL);

	for (int i = 0; i < n; i++)
		free(e[i]);
	free(e);
	return n < 0 ? 0 : (unsigned)n - 2;
}

enum library_err lib_add(struct lib_world *f, struct library *l, const char *medium, enum media_kind kind,
			    const char *barcode, const char *place, struct why *why)
{
	struct library_place at = { LIBRARY_NOWHERE, 0 };

	if (place)
		assert_true(library_place_parse(place, &at));
	return library_add_cartridge(l, vtl_models_medium(f->models, medium), kind, barcode,
				     (struct library_size){ 64 << 20, false }, at, why);
}

void lib_moved(struct library_move *move)
{
	move->owner = move;
}

enum library_err lib_move(struct library *l, const char *from, const char *to, struct why *why)
{
	struct library_move m = { .done = lib_moved };

	assert_true(library_place_parse(from, &m.from));
	assert_true(library_place_parse(to, &m.to));
	library_move(l, &media_exec_inline, &m);
	assert_ptr_equal(m.owner, &m);
	if (why)
		*why = m.why;
	return m.err;
}

const char *lib_in(const struct library *l, const char *place)
{
	struct library_place at;
	const struct library_cartridge *c;

	assert_true(library_place_parse(place, &at));
	c = library_at(l, at);
	return c ? c->id : "";
}
