/* SPDX-License-Identifier: GPL-2.0-only */
/* Random commands against every model: the corpus of what once failed, then a share of chance, bounded. */
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define CASE_LEN	2000u
#define PROCESSES	4u

/*
 * FUZZ_COMMANDS=n in all (default a million), FUZZ_SECONDS=n at most (default 170; 0: until the commands are done),
 * FUZZ_SEED=n (default: the time). FUZZ_REPLAY=file does that alone; FUZZ_CASE="MODEL SEED FILE" does one case again
 * and writes it down.
 */
static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

static uint64_t case_seed(uint64_t seed, uint64_t n)
{
	uint64_t z = seed + n * 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	return (z ^ z >> 27) * 0x94d049bb133111ebu;
}

/* Which case a process is at: in memory that both see, so that the parent can name the one that killed it. */
struct shared {
	const char *model[PROCESSES];
	uint64_t seed[PROCESSES], commands[PROCESSES];
};

static void work(struct shared *at, unsigned me, uint64_t seed, uint64_t commands, time_t until)
{
	unsigned models = 0, n;

	while (fuzz_model(models))
		models++;
	for (n = me; (uint64_t)n * CASE_LEN < commands && (!until || time(NULL) < until); n += PROCESSES) {
		at->model[me] = fuzz_model(n % models);
		at->seed[me] = case_seed(seed, n);
		fuzz_case(at->model[me], at->seed[me], CASE_LEN, NULL);
		at->commands[me] += CASE_LEN;
	}
}

static unsigned failures(const struct shared *at, const pid_t *pid)
{
	unsigned i, failed = 0;
	int status;

	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		if (WIFEXITED(status) && !WEXITSTATUS(status))
			continue;
		failed++;
		print_message("# to see it again: FUZZ_CASE=\"%s 0x%" PRIx64 " case.txt\" build/test/fuzz/fuzz_test\n",
			      at->model[i], at->seed[i]);
	}
	return failed;
}

static void commands_of_chance_on_every_model_end_well(void **state)
{
	uint64_t seed = setting("FUZZ_SEED", (uint64_t)time(NULL)), commands = setting("FUZZ_COMMANDS", 1000000);
	uint64_t seconds = setting("FUZZ_SECONDS", 170), done = 0;
	struct shared *at = mmap(NULL, sizeof(*at), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	time_t begin = time(NULL);
	pid_t pid[PROCESSES];
	unsigned i;

	assert_true(at != MAP_FAILED);
	print_message("# seed %" PRIu64 "\n", seed);
	fuzz_model(0);		/* loads the models, once for all */
	fflush(NULL);
	for (i = 0; i < PROCESSES; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (!pid[i]) {
			work(at, i, seed, commands, seconds ? begin + (time_t)seconds : 0);
			exit(0);	/* not _exit(): leaks are looked for */
		}
	}
	assert_int_equal(failures(at, pid), 0);
	for (i = 0; i < PROCESSES; i++)
		done += at->commands[i];
	print_message("# %" PRIu64 " commands in %ld s\n", done, (long)(time(NULL) - begin));
	munmap(at, sizeof(*at));
}

/* What once failed, made as small as it goes. */
static void the_corpus_ends_well(void **state)
{
	const char *dir = getenv("FUZZ_CORPUS") ? getenv("FUZZ_CORPUS") : "test/fuzz/corpus";
	DIR *files = opendir(dir);
	struct dirent *entry;
	unsigned n = 0;

	assert_non_null(files);
	while ((entry = readdir(files))) {
		char path[512];

		if (!strstr(entry->d_name, ".txt"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		print_message("# %s\n", path);
		assert_true(fuzz_replay(path));
		n++;
	}
	closedir(files);
	assert_true(n > 0);
}

/* A step survives being written down. */
static void steps_are_read_as_they_were_written(void **state)
{
	struct fuzz_world *w = fuzz_open(fuzz_model(0));
	struct chance c = { .state = 1 };
	struct fuzz_step step, again;
	char *text;
	size_t size;
	unsigned i;

	for (i = 0; i < 500; i++) {
		FILE *file = open_memstream(&text, &size);

		fuzz_draw(&c, w, &step);
		fuzz_write(file, &step);
		fclose(file);
		assert_true(fuzz_parse(text, &again));
		assert_int_equal(again.kind, step.kind);
		assert_int_equal(again.arg, step.arg);
		assert_int_equal(again.command.cdb_len, step.command.cdb_len);
		assert_memory_equal(again.command.cdb, step.command.cdb, step.command.cdb_len);
		assert_int_equal(again.command.out_len, step.command.out_len);
		assert_memory_equal(again.command.out, step.command.out, step.command.out_len);
		assert_int_equal(again.command.in_len, step.command.in_len);
		free(text);
	}
	fuzz_close(w);
}

static int one_case(const char *text)
{
	char model[64], path[256];
	uint64_t seed;
	FILE *file;

	if (sscanf(text, "%63s %" SCNi64 " %255s", model, &seed, path) != 3 || !(file = fopen(path, "w")))
		return 2;
	fuzz_case(model, seed, CASE_LEN, file);
	fclose(file);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_read_as_they_were_written),
		cmocka_unit_test(the_corpus_ends_well),
		cmocka_unit_test(commands_of_chance_on_every_model_end_well),
	};

	if (getenv("FUZZ_REPLAY"))
		return fuzz_replay(getenv("FUZZ_REPLAY")) ? 0 : 1;
	if (getenv("FUZZ_CASE"))
		return one_case(getenv("FUZZ_CASE"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
