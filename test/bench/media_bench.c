/* SPDX-License-Identifier: GPL-2.0-only */
/* How fast libmedia alone is: streams through one cartridge, then finds places on a tape of a million blocks. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <malloc.h>

#include "media.h"
#include "pool.h"

/* The daemon's pool of threads, and an owner that waits for it: what the daemon does, without the daemon. */
static void poll_exec(struct pool *pool, bool wait)
{
	struct pollfd fd = { .fd = pool_fd(pool), .events = POLLIN };

	if (poll(&fd, 1, wait ? -1 : 0) > 0)
		pool_run(pool);
}

static void no_done(struct media_req *req)
{
}

static void must(struct pool *exec, struct media *media, struct media_req *req)
{
	req->done = no_done;
	poll_exec(exec, false);
	if (!media_submit(media, req))
		while (!req->complete)
			poll_exec(exec, true);
	if (req->err) {
		fprintf(stderr, "media_bench: operation %d: %s\n", req->op, media_strerror(req->err));
		exit(1);
	}
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void op(struct pool *exec, struct media *media, enum media_op what, int64_t count)
{
	struct media_req req = { .op = what, .count = count };

	must(exec, media, &req);
}

/* Different blocks that are written in turn. */
#define BUFFERS 64

/* With the file that DATA names, if it does, so that codecs have something real to do. */
static void fill(uint8_t *data, size_t len)
{
	const char *path = getenv("DATA");
	FILE *f = path ? fopen(path, "r") : NULL;

	if (f && fread(data, 1, len, f) == len) {
		fclose(f);
		return;
	}
	if (f)
		fclose(f);
	for (size_t i = 0; i < len; i++)
		data[i] = i % 64 < 32 ? (uint8_t)rand() : 0;
}

static void stream(struct pool *exec, struct media *media, uint32_t len, uint64_t bytes)
{
	uint8_t *buf = malloc(len), *data = malloc(BUFFERS * (size_t)len);
	struct media_req write = { .op = MEDIA_OP_WRITE, .len = len };
	struct media_req read = { .op = MEDIA_OP_READ, .buf = buf, .len = len };
	double begin, gone, synced;
	uint64_t n = bytes / len;

	fill(data, BUFFERS * (size_t)len);
	op(exec, media, MEDIA_OP_LOCATE_OBJECT, 0);
	begin = now();
	for (uint64_t i = 0; i < n; i++) {
		write.buf = data + i % BUFFERS * len;
		must(exec, media, &write);
	}
	gone = now();
	op(exec, media, MEDIA_OP_FILEMARKS, 1);
	synced = now();
	printf("write %7u: %7.0f MB/s, with sync %7.0f MB/s\n", len, (double)bytes / (gone - begin) / 1e6,
	       (double)bytes / (synced - begin) / 1e6);
	op(exec, media, MEDIA_OP_LOCATE_OBJECT, 0);
	begin = now();
	for (uint64_t i = 0; i < n; i++)
		must(exec, media, &read);
	printf("read  %7u: %7.0f MB/s\n", len, (double)bytes / (now() - begin) / 1e6);
	op(exec, media, MEDIA_OP_SYNC, 0);
	free(buf);
	free(data);
}

/* ENCRYPT=1: with a key, as SECURITY PROTOCOL OUT would set it. */
static bool set_key(struct media *media)
{
	static const uint8_t bytes[MEDIA_KEY_LEN] = "a key of thirty-two bytes, or so";
	struct media_encrypt encrypt = { .key = media_key_new(bytes) };

	if (!encrypt.key || media_set_encrypt(media, &encrypt))
		return false;
	media_set_decrypt(media, MEDIA_DECRYPT_KEY, encrypt.key);
	media_key_drop(encrypt.key);
	return true;
}

static int by_value(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

/* A tape of n blocks of 512 bytes with a filemark after every thousandth: opening it, and finding places. */
static void places(struct pool *exec, struct media_store *store, const struct media_options *options,
		   struct media **media, uint64_t n)
{
	enum media_op ops[] = { MEDIA_OP_LOCATE_OBJECT, MEDIA_OP_LOCATE_FILEMARK };
	uint8_t buf[512] = { 0 };
	struct media_req write = { .op = MEDIA_OP_WRITE, .buf = buf, .len = sizeof(buf) };
	static double took[1000];
	size_t before;
	double begin = now();
	struct why why;

	op(exec, *media, MEDIA_OP_LOCATE_OBJECT, 0);
	for (uint64_t i = 0; i < n; i++) {
		must(exec, *media, &write);
		if (i % 1000 == 999) {
			struct media_req mark = { .op = MEDIA_OP_FILEMARKS, .count = 1, .immediate = true };

			must(exec, *media, &mark);
		}
	}
	op(exec, *media, MEDIA_OP_SYNC, 0);
	printf("wrote %llu blocks of 512 bytes: %.2f us each\n", (unsigned long long)n,
	       (now() - begin) / (double)n * 1e6);
	media_close(*media);
	before = mallinfo2().uordblks;
	begin = now();
	if (media_open(store, pool_exec(exec), options, media, &why)) {
		fprintf(stderr, "media_bench: %s\n", why.text);
		exit(1);
	}
	printf("opened in %.2f ms, %zu bytes of memory\n", (now() - begin) * 1e3, mallinfo2().uordblks - before);
	for (int k = 0; k < 2; k++) {
		for (int i = 0; i < 1000; i++) {
			int64_t to = (int64_t)((uint64_t)rand() % (k ? n / 1000 : n));

			begin = now();
			op(exec, *media, ops[k], to);
			took[i] = now() - begin;
		}
		printf("%s: first %.0f us,", k ? "locate by filemark" : "locate by object", took[0] * 1e6);
		qsort(took, 1000, sizeof(*took), by_value);
		printf(" median %.1f us, largest %.0f us\n", took[500] * 1e6, took[999] * 1e6);
	}
}

/* A cartridge that is there: how long it takes to open it, how much memory, and the first places found in it. */
static int look(const char *path)
{
	struct pool *exec = pool_new(1);
	struct media_options options = { .owner = "bench", .read_only = true };
	struct media_usage usage;
	struct media_store *store;
	struct media *media;
	struct why why;
	double begin, opened, first;
	size_t before;

	if (media_store_posix(path, false, &store, &why) < 0) {
		fprintf(stderr, "media_bench: %s\n", why.text);
		return 1;
	}
	before = mallinfo2().uordblks;
	begin = now();
	if (media_open(store, pool_exec(exec), &options, &media, &why)) {
		fprintf(stderr, "media_bench: %s\n", why.text);
		return 1;
	}
	opened = now() - begin;
	media_usage(media, 0, &usage);
	begin = now();
	op(exec, media, MEDIA_OP_LOCATE_OBJECT, (int64_t)(usage.objects / 3));
	first = now() - begin;
	op(exec, media, MEDIA_OP_LOCATE_EOD, 0);
	op(exec, media, MEDIA_OP_LOCATE_OBJECT, 0);
	printf("{\"open_us\": %.0f, \"first_locate_us\": %.0f, \"memory\": %zu, \"objects\": %llu}\n", opened * 1e6,
	       first * 1e6, mallinfo2().uordblks - before, (unsigned long long)usage.objects);
	op(exec, media, MEDIA_OP_SYNC, 0);
	media_close(media);
	pool_free(exec);
	store->ops->destroy(store);
	return 0;
}

int main(int argc, char **argv)
{
	struct pool *exec = pool_new((unsigned)sysconf(_SC_NPROCESSORS_ONLN));
	struct media_options options = { .owner = "bench", .writers = media_writers_new() };
	struct media_info info = { .form = "LTO-8",
				   .kind = MEDIA_DATA,
				   .geometry = { .partitions = 1, .part = { { 1ull << 40, 1 << 30 } } } };
	struct media_store *store;
	struct media *media;
	struct why why;

	if (argc == 3 && !strcmp(argv[1], "--look"))
		return look(argv[2]);
	if (argc < 2) {
		fprintf(stderr,
			"usage: media_bench NEW-DIRECTORY [codec [blocks]]\n       media_bench --look CARTRIDGE\n");
		return 2;
	}
	if (media_store_posix(argv[1], true, &store, &why) < 0 || media_create(store, &info, &why) ||
	    media_open(store, pool_exec(exec), &options, &media, &why)) {
		fprintf(stderr, "media_bench: %s\n", why.text);
		return 1;
	}
	if (argc > 2 && media_set_codec(media, media_codec_by_name(argv[2]), 0)) {
		fprintf(stderr, "media_bench: no codec %s\n", argv[2]);
		return 1;
	}
	if (getenv("ENCRYPT") && !set_key(media)) {
		fprintf(stderr, "media_bench: no memory for keys\n");
		return 1;
	}
	stream(exec, media, 64 << 10, 1ull << 30);
	for (int i = 0; i < 3; i++)
		stream(exec, media, 256 << 10, 2ull << 30);
	stream(exec, media, 1 << 20, 2ull << 30);
	places(exec, store, &options, &media, argc > 3 ? strtoull(argv[3], NULL, 0) : 1000000);
	op(exec, media, MEDIA_OP_SYNC, 0);
	media_close(media);
	media_writers_free(options.writers);
	pool_free(exec);
	store->ops->destroy(store);
	return 0;
}
