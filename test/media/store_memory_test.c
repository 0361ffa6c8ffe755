/* SPDX-License-Identifier: GPL-2.0-only */
/* The store in memory. */
#include <errno.h>

#include "store_contract.h"
#include "store_memory.h"

static void a_clone_shares_nothing_with_its_origin(void **state)
{
	struct media_store *s = *state, *clone;
	struct why why;

	put_file(s, "a", "same");
	assert_int_equal(s->ops->lock(s, "test", &why), 0);
	assert_int_equal(media_store_memory_clone(s, &clone), 0);
	put_file(s, "a", "changed");
	assert_file(clone, "a", "same");
	put_file(clone, "b", "new");
	assert_int_equal(s->ops->remove(s, "b"), -ENOENT);
	assert_int_equal(clone->ops->lock(clone, "clone", &why), 0);
	clone->ops->destroy(clone);
	s->ops->unlock(s);
}

static void a_write_beyond_the_limit_leaves_its_part(void **state)
{
	struct media_store *s = *state;
	struct media_file *f = open_file(s, "a", MEDIA_STORE_CREATE);
	uint64_t space;

	media_store_memory_limit(s, 10);
	assert_int_equal(s->ops->pwrite(f, "0123456", 7, 0), 7);
	assert_int_equal(s->ops->space(s, &space), 0);
	assert_int_equal(space, 3);
	assert_int_equal(s->ops->pwrite(f, "789abc", 6, 7), -ENOSPC);
	assert_file(s, "a", "0123456789");
	assert_int_equal(s->ops->pwrite(f, "x", 1, 10), -ENOSPC);
	assert_int_equal(s->ops->pwrite(f, "X", 1, 9), 1);
	assert_int_equal(s->ops->allocate(f, 0, 11), -ENOSPC);
	assert_int_equal(s->ops->replace(s, "b", "y", 1), -ENOSPC);
	s->ops->close(f);
	assert_file(s, "a", "012345678X");
}

static void removing_gives_space_back(void **state)
{
	struct media_store *s = *state;
	uint64_t space;

	media_store_memory_limit(s, 10);
	put_file(s, "a", "0123456789");
	assert_int_equal(s->ops->remove(s, "a"), 0);
	assert_int_equal(s->ops->space(s, &space), 0);
	assert_int_equal(space, 10);
	put_file(s, "a", "0123456789");
}

static void allocating_a_gigabyte_costs_no_memory(void **state)
{
	struct media_store *s = *state, *clone;
	struct media_file *f = open_file(s, "a", MEDIA_STORE_CREATE);
	uint64_t size;

	assert_int_equal(s->ops->allocate(f, 0, 1ull << 39), 0);
	s->ops->close(f);
	assert_int_equal(media_store_memory_clone(s, &clone), 0);
	f = open_file(clone, "a", 0);
	assert_int_equal(clone->ops->size(f, &size), 0);
	assert_true(size == 1ull << 39);
	clone->ops->close(f);
	clone->ops->destroy(clone);
}

#define T(t) cmocka_unit_test_setup_teardown(t, memory_setup, memory_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTRACTS(memory_setup, memory_teardown),
		T(a_clone_shares_nothing_with_its_origin),
		T(a_write_beyond_the_limit_leaves_its_part),
		T(removing_gives_space_back),
		T(allocating_a_gigabyte_costs_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
