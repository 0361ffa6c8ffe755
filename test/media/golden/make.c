/* SPDX-License-Identifier: GPL-2.0-only */
/* Wrote the cartridges in this folder: a sound one, and broken ones that are named after their defect. */
/*
 * They are kept, and read by every later version: do not make the old ones again, add new ones. Usage: make DIRECTORY.
 *
 * Built by: cc -D_GNU_SOURCE -Ilibmedia -Itest/media test/media/golden/make.c test/media/tape.c libmedia/[a-z]*.c
 *	     -lcmocka -lisal -lz
 */
#include "../tape.h"

#include <stdio.h>
#include <unistd.h>

#include "be.h"
#include "crc.h"
#include "format.h"
#include "manifest.h"
#include "sealed.h"

#define LOG "p0-00000001.log"
#define IDX "p0-00000001.idx"
#define MAN "p0-00000001.manifest"

static void must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "make: %s\n", what);
		exit(1);
	}
}

/* Blocks of 100, 2000 (zlib) and 3000 bytes, a filemark, a block of 70, a filemark; partition 1: a block of 5. */
static struct media_store *sound(const char *folder, const char *name, const char *uuid)
{
	struct media_info info = tape_info();
	struct media_attr attr = {
		.id = 0x0803, .format = MEDIA_ATTR_TEXT, .len = 6, .data = (const uint8_t *)"golden"
	};
	struct media_store *store;
	struct tape tape = { 0 };
	struct why why;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	must(media_store_posix(path, true, &store, &why) == 0, path);
	memcpy(info.uuid, uuid, MEDIA_UUID_LEN);
	info.geometry.partitions = 2;
	info.geometry.part[1] = (typeof(info.geometry.part[1])){ 1 << 20, 1 << 16 };
	tape_create(&tape, store, &info);
	must(!tape_write(&tape, 100, 1), "write");
	must(!media_set_codec(tape.media, MEDIA_CODEC_ZLIB, 0) && !tape_write(&tape, 2000, 2), "write zlib");
	must(!media_set_codec(tape.media, MEDIA_CODEC_NONE, 0) && !tape_write(&tape, 3000, 3), "write");
	must(!tape_marks(&tape, 1, true) && !tape_write(&tape, 70, 4) && !tape_marks(&tape, 1, true), "marks");
	must(!tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 1, 0) && !tape_write(&tape, 5, 5), "partition 1");
	must(!media_attr_set(tape.media, 0, &attr), "MAM");
	tape_close(&tape);
	return store;
}

static size_t load(struct media_store *store, const char *name, uint8_t **p)
{
	size_t len;

	must(media_store_read(store, name, 1 << 20, p, &len) == 0, name);
	return len;
}

static void save(struct media_store *store, const char *name, const uint8_t *p, size_t len)
{
	must(store->ops->replace(store, name, p, len) == 0, name);
}

/* What a record of partition 0 is tied to. */
static struct mfmt_ident ident_of(const uint8_t *log)
{
	struct mfmt_segment segment;

	must(mfmt_get_segment(log, &segment) == MEDIA_OK, "first page");
	return segment.ident;
}

/* The offset of the record of an object. */
static size_t record_of(const uint8_t *log, size_t len, uint64_t object, struct mfmt_record *rec)
{
	struct mfmt_ident ident = ident_of(log);

	for (size_t off = MFMT_FIRST; off + MFMT_RECORD <= len; off += MFMT_UNIT)
		if (mfmt_get_record(log + off, &ident, off, rec) == MEDIA_OK && rec->type != MFMT_PAD &&
		    rec->at.object == object)
			return off;
	must(false, "no such record");
	return 0;
}

/* A broken cartridge begins as a copy of the sound one; its index is taken away, so that the log alone counts. */
static struct media_store *broken(const char *folder, const char *name)
{
	struct media_store *store = sound(folder, name, "0123456789abcdef");

	store->ops->remove(store, IDX);
	store->ops->remove(store, "p1-00000001.idx");
	return store;
}

static void without(const char *folder, const char *name, const char *file)
{
	struct media_store *store = broken(folder, name);

	must(store->ops->remove(store, file) == 0, file);
	store->ops->destroy(store);
}

static void flipped(const char *folder, const char *name, const char *file, uint64_t object, size_t at)
{
	struct media_store *store = broken(folder, name);
	struct mfmt_record rec;
	uint8_t *p;
	size_t len = load(store, file, &p);

	p[record_of(p, len, object, &rec) + at] ^= 1;
	save(store, file, p, len);
	free(p);
	store->ops->destroy(store);
}

/* Changes the header of object 1 as `change` wants it, and makes its CRC right again. */
static void rewritten(const char *folder, const char *name, void (*change)(uint8_t *header, uint8_t *payload))
{
	struct media_store *store = broken(folder, name);
	struct mfmt_record rec;
	uint8_t *p;
	size_t len = load(store, LOG, &p), off = record_of(p, len, 1, &rec);

	change(p + off, p + off + MFMT_RECORD);
	put_be32(p + off + 76, media_crc32c(0, p + off, 76));
	save(store, LOG, p, len);
	free(p);
	store->ops->destroy(store);
}

static void unknown_codec(uint8_t *header, uint8_t *payload)
{
	header[6] = 99;
}

static void unknown_flag(uint8_t *header, uint8_t *payload)
{
	header[7] |= 0x80;
}

static void unknown_version(uint8_t *header, uint8_t *payload)
{
	header[4] = 2;
}

static void wrong_host_crc(uint8_t *header, uint8_t *payload)
{
	header[68] ^= 1;
}

static void wrong_host_length(uint8_t *header, uint8_t *payload)
{
	put_be32(header + 60, 1999);
}

/* The first 16 bytes of payload become an extension area with one extension that must be understood. */
static void unknown_extension(uint8_t *header, uint8_t *payload)
{
	uint32_t stored = get_be32(header + 56) - 16;

	memset(payload, 0, 16);
	put_be16(payload, 0xf123);
	put_be16(payload + 2, 4);
	put_be32(header + 28, 16);
	put_be32(header + 56, stored);
	put_be32(header + 64, media_crc32c(0, payload + 16, stored));
	put_be32(header + 72, media_crc32c(0, payload, 16));
}

static void other_manifest_version(const char *folder, const char *name)
{
	static const struct media_seal newer = {
		.name = "manifest",
		.magic = { 'V', 'T', 'L', 'M', 'A', 'N', 'I', 'F' },
		.version = 2,
		.max = 4096,
	};
	struct media_store *store = broken(folder, name);
	uint8_t payload[40] = { 0 };
	struct why why;

	must(!media_sealed_write(store, MAN, &newer, payload, sizeof(payload), &why), "manifest");
	store->ops->destroy(store);
}

static void from_another(const char *folder, const char *name, const char *file)
{
	struct media_store *other = sound(folder, "other", "fedcba9876543210");
	struct media_store *store = broken(folder, name);
	char path[4096];
	uint8_t *p;
	size_t len = load(other, file, &p);

	save(store, file, p, len);
	free(p);
	store->ops->destroy(store);
	other->ops->destroy(other);
	snprintf(path, sizeof(path), "rm -r '%s/other'", folder);
	must(system(path) == 0, path);
}

static void truncated(const char *folder, const char *name)
{
	struct media_store *store = broken(folder, name);
	struct mfmt_record rec;
	uint8_t *p;
	size_t len = load(store, LOG, &p);

	save(store, LOG, p, record_of(p, len, 2, &rec) + 1000);
	free(p);
	store->ops->destroy(store);
}

int main(int argc, char **argv)
{
	const char *to = argc > 1 ? argv[1] : ".";
	struct media_store *store = sound(to, "sound", "0123456789abcdef");

	store->ops->destroy(store);
	without(to, "cartridge-missing", "cartridge");
	without(to, "manifest-missing", MAN);
	other_manifest_version(to, "manifest-of-version-2");
	from_another(to, "manifest-of-another-cartridge", MAN);
	without(to, "log-missing", LOG);
	truncated(to, "log-truncated-in-object-2");
	from_another(to, "log-of-another-cartridge", LOG);
	flipped(to, "header-damaged-of-object-1", LOG, 1, 33);
	flipped(to, "payload-damaged-of-object-1", LOG, 1, 100);
	flipped(to, "filemark-damaged", LOG, 3, 5);
	rewritten(to, "codec-unknown", unknown_codec);
	rewritten(to, "flag-must-be-understood", unknown_flag);
	rewritten(to, "record-of-version-2", unknown_version);
	rewritten(to, "extension-must-be-understood", unknown_extension);
	rewritten(to, "host-crc-wrong", wrong_host_crc);
	rewritten(to, "host-length-wrong", wrong_host_length);
	return 0;
}
