/* SPDX-License-Identifier: GPL-2.0-only */
/* A core of tgtd has no key and nothing that derives from one: whether blocks are written with it or it is refused. */
#include "served.h"

#include <fcntl.h>
#include <gcrypt.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format.h"

#define REWIND		CDB(0x01, 0, 0, 0, 0, 0)
#define FILEMARK	CDB(0x10, 0, 0, 0, 1, 0)
#define LEN		65536u
#define ROUNDS		15

enum { SLOT_1 = 1000, DRIVE_1 = 500 };

/* ---- what must not be there ---- */

static uint8_t doubled(uint8_t v)
{
	return (uint8_t)(v << 1 ^ (v >> 7) * 0x1b);
}

static uint8_t product(uint8_t a, uint8_t b)
{
	uint8_t sum = 0;

	for (; b; b >>= 1, a = doubled(a))
		if (b & 1)
			sum ^= a;
	return sum;
}

/* FIPS 197 5.1.1: the inverse in the field (its 254th power), and a map of its bits. */
static uint8_t substitute(uint8_t v)
{
	uint8_t inverse = 1, s;

	for (unsigned i = 0; i < 254; i++)
		inverse = product(inverse, v);
	s = inverse;
	for (unsigned i = 1; i <= 4; i++)
		s ^= (uint8_t)(inverse << i | inverse >> (8 - i));
	return s ^ 0x63;
}

/* FIPS 197 5.2: the round keys of AES-256. */
static void expand(const uint8_t key[32], uint8_t round[ROUNDS][16])
{
	uint8_t *w = round[0], constant = 1;

	memcpy(w, key, 32);
	for (unsigned i = 8; i < 4 * ROUNDS; i++) {
		uint8_t t[4];

		memcpy(t, w + 4 * (i - 1), 4);
		if (i % 8 == 0) {
			uint8_t first = t[0];

			t[0] = substitute(t[1]) ^ constant;
			t[1] = substitute(t[2]);
			t[2] = substitute(t[3]);
			t[3] = substitute(first);
			constant = doubled(constant);
		} else if (i % 8 == 4) {
			for (unsigned k = 0; k < 4; k++)
				t[k] = substitute(t[k]);
		}
		for (unsigned k = 0; k < 4; k++)
			w[4 * i + k] = w[4 * (i - 8) + k] ^ t[k];
	}
}

static void the_expansion_is_that_of_the_standard(void **state)
{
	static const uint8_t key[32] = {
		0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe, 0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81,
		0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7, 0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4,
	};
	uint8_t round[ROUNDS][16];

	expand(key, round);
	assert_memory_equal(round[14], "\xfe\x48\x90\xd1\xe6\x18\x8d\x0b\x04\x6d\xf3\x44\x70\x6c\x63\x1e", 16);
}

/* The key of the blocks, as FORMAT.md derives it, by the salt in the cartridge's first record. */
static void derive(const uint8_t key[32], uint8_t derived[32])
{
	char pattern[512];
	uint8_t p[64];
	gcry_md_hd_t mac;
	glob_t found;
	int fd;

	snprintf(pattern, sizeof(pattern), "%s/media/TST001L8/p0-*.log", test_env("VTL_TEST_LIBRARY"));
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	fd = open(found.gl_pathv[0], O_RDONLY);
	globfree(&found);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, p, sizeof(p), MFMT_FIRST + MFMT_RECORD), sizeof(p));
	close(fd);
	assert_int_equal(gcry_md_open(&mac, GCRY_MD_SHA256, GCRY_MD_FLAG_HMAC), 0);
	assert_int_equal(gcry_md_setkey(mac, key, 32), 0);
	gcry_md_write(mac, "tgt-vtl block", 13);
	gcry_md_write(mac, p + 4, 16);
	memcpy(derived, gcry_md_read(mac, GCRY_MD_SHA256), 32);
	gcry_md_close(mac);
}

/* ---- cores ---- */

struct core {
	uint8_t *data;
	size_t len;
};

static bool core_has(const struct core *core, const void *what, size_t len)
{
	return memmem(core->data, core->len, what, len) != NULL;
}

static void append(struct core *core, int mem, unsigned long from, unsigned long to)
{
	ssize_t n;

	core->data = realloc(core->data, core->len + (to - from));
	assert_non_null(core->data);
	n = pread(mem, core->data + core->len, to - from, (off_t)from);
	core->len += n > 0 ? (size_t)n : 0;
}

/* What the kernel puts into one: what can be read and written, but for what is marked to be left out. */
static struct core core_by_the_kernels_rule(const char *pid)
{
	struct core core = { 0 };
	unsigned long from = 0, to = 0, a, b;
	char path[64], line[512], perms[8] = "";
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	mem = open(path, O_RDONLY);
	assert_true(mem >= 0);
	snprintf(path, sizeof(path), "/proc/%s/smaps", pid);
	maps = fopen(path, "r");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &a, &b, perms) == 3) {
			from = a;
			to = b;
		} else if (!strncmp(line, "VmFlags:", 8) && !strncmp(perms, "rw", 2) && !strstr(line, " dd")) {
			append(&core, mem, from, to);
		}
	}
	fclose(maps);
	close(mem);
	return core;
}

/* A debugger's, where there is one; else empty. */
static struct core core_by_gcore(const char *pid)
{
	struct core core = { 0 };
	char dir[] = "/tmp/vtl-core-XXXXXX", command[256], path[64];
	struct stat st;
	int fd;

	if (access("/usr/bin/gcore", X_OK))
		return core;
	assert_non_null(mkdtemp(dir));
	snprintf(command, sizeof(command), "timeout 300 gcore -o %s/core %s >/dev/null 2>&1", dir, pid);
	snprintf(path, sizeof(path), "%s/core.%s", dir, pid);
	if (system(command) == 0 && (fd = open(path, O_RDONLY)) >= 0) {
		assert_int_equal(fstat(fd, &st), 0);
		core.data = malloc((size_t)st.st_size);
		assert_non_null(core.data);
		while (core.len < (size_t)st.st_size) {
			ssize_t n = read(fd, core.data + core.len, (size_t)st.st_size - core.len);

			if (n <= 0)
				break;
			core.len += (size_t)n;
		}
		close(fd);
	}
	unlink(path);
	rmdir(dir);
	return core;
}

static void expect_clean(struct core core, const uint8_t key[32], const uint8_t derived[32])
{
	uint8_t round[ROUNDS][16];

	/* The search finds what there is: the initiator's name. */
	assert_true(core_has(&core, "iqn.2026-01.test:keeper", 23));
	assert_false(core_has(&core, key, 16));
	assert_false(core_has(&core, key + 16, 16));
	expand(key, round);
	for (unsigned i = 0; i < ROUNDS; i++)
		assert_false(core_has(&core, round[i], 16));
	expand(derived, round);
	for (unsigned i = 0; i < ROUNDS; i++)
		assert_false(core_has(&core, round[i], 16));
	free(core.data);
}

/* ---- the drive ---- */

static struct session *loaded_drive(void)
{
	struct session *changer = session_open(test_env("VTL_TEST_CHANGER"), "robot", 1), *drive;

	session_ready(changer);
	run(changer, MOVE(SLOT_1, DRIVE_1));
	session_close(changer);
	drive = session_open(test_env("VTL_TEST_DRIVE1"), "keeper", 1);
	session_ready(drive);
	return drive;
}

static const struct reply *set_key(struct session *drive, const uint8_t key[32])
{
	uint8_t page[52] = { 0x00, 0x10, 0x00, 0x30, 0x40, 0x40, 2, 2, 1, [19] = 32 };

	memcpy(page + 20, key, 32);
	return run_out(drive, page, sizeof(page), CDB(0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, 52, 0, 0));
}

static void a_core_of_the_daemon_has_neither_key_nor_round_keys(void **state)
{
	struct session *drive = loaded_drive();
	uint8_t key[32], derived[32], *data = calloc(1, LEN);
	struct core core;

	assert_non_null(data);
	gcry_randomize(key, sizeof(key), GCRY_STRONG_RANDOM);
	expect_good(run(drive, REWIND));
	expect_good(set_key(drive, key));
	for (unsigned i = 0; i < 16; i++)
		expect_good(run_out(drive, data, LEN, CDB(0x0a, 0, 1, 0, 0, 0)));
	expect_good(run(drive, FILEMARK));
	expect_good(run(drive, REWIND));
	for (unsigned i = 0; i < 16; i++)
		expect_good(run_in(drive, LEN, CDB(0x08, 0, 1, 0, 0, 0)));
	derive(key, derived);
	expect_clean(core_by_the_kernels_rule(test_env("TGTD_PID")), key, derived);
	core = core_by_gcore(test_env("TGTD_PID"));
	if (core.len)
		expect_clean(core, key, derived);
	else
		print_message("# no gcore here: only what the kernel would put into a core was searched\n");
	free(data);
	session_close(drive);
}

static void a_core_of_the_daemon_has_no_key_that_a_unit_without_a_drive_refused(void **state)
{
	struct session *unit;
	uint8_t key[32];
	char command[512];

	snprintf(command, sizeof(command),
		 "%s --lld iscsi --op new --mode logicalunit --tid 2 --lun 9 --device-type tape",
		 test_env("VTL_TEST_ADM"));
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command), "iscsi://127.0.0.1:%s/%s-2/9", test_env("TGTD_PORT"),
		 test_env("VTL_TEST_TARGET"));
	unit = session_open(command, "keeper", 2);
	gcry_randomize(key, sizeof(key), GCRY_STRONG_RANDOM);
	session_drain(unit);
	expect_sense(set_key(unit, key), 2, 0x3e, 0x00);
	expect_clean(core_by_the_kernels_rule(test_env("TGTD_PID")), key, key);
	session_close(unit);
	snprintf(command, sizeof(command), "%s --lld iscsi --op delete --mode logicalunit --tid 2 --lun 9",
		 test_env("VTL_TEST_ADM"));
	assert_int_equal(system(command), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_expansion_is_that_of_the_standard),
		cmocka_unit_test(a_core_of_the_daemon_has_neither_key_nor_round_keys),
		cmocka_unit_test(a_core_of_the_daemon_has_no_key_that_a_unit_without_a_drive_refused),
	};

	test_needs_tgtd(argv, NULL);
	gcry_check_version(NULL);
	return cmocka_run_group_tests_name("a core of the daemon", tests, NULL, NULL);
}
