/* SPDX-License-Identifier: GPL-2.0-only */
/* Recognises tapes that are not ours, so that nobody takes them for blank or damaged ones. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "be.h"
#include "foreign.h"

#define HEAD	64	/* bytes from the beginning of a file by which it is recognised */

/*
 * A tape of stock tgt (tgtimg) begins with a block header of 48 bytes (type, big-endian, at 12: 10h is beginning
 * of tape; block number at 16), then its MAM, which begins with a format version.
 */
static bool is_tgt_image(const uint8_t head[HEAD])
{
	uint32_t version = get_be32(head + 48);

	return get_be32(head + 12) == 0x10 && get_be64(head + 16) == 0 && version && version < 256;
}

/* By content. */
static const struct {
	bool (*is)(const uint8_t head[HEAD]);
	const char *what;
} images[] = {
	{ is_tgt_image, "a tape image of tgt's own (tgtimg)" },
};

static const char *image_name(const uint8_t head[HEAD])
{
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++)
		if (images[i].is(head))
			return images[i].what;
	return NULL;
}

const char *media_foreign_format(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t head[HEAD];
	const char *name = NULL;

	if (fd < 0)
		return NULL;
	if (pread(fd, head, HEAD, 0) == HEAD)
		name = image_name(head);
	close(fd);
	return name;
}

bool media_foreign_path(const char *path, struct why *why)
{
	const char *name = media_foreign_format(path);

	if (name)
		why_set(why, "%s is %s, not a cartridge of ours", path, name);
	return name;
}

/* By the names of its files: all of them must be there. */
static const struct {
	const char *files[2];
	const char *what;
} folders[] = {
	{ { "data.0", "indx.0" }, "a cartridge of mhVTL" },
	{ { "data", "indx" }, "a cartridge of an old mhVTL" },
};

#define FOLDERS	(sizeof(folders) / sizeof(folders[0]))

struct scan {
	struct media_store *store;
	unsigned files;
	unsigned met[FOLDERS];	/* bit n: files[n] is there */
	const char *what;
	char name[65];		/* of the file that an image was found in, or of the first */
};

static int scan_file(void *arg, const char *name)
{
	struct scan *s = arg;
	struct media_file *file;
	uint8_t head[HEAD];
	const char *image = NULL;

	if (!s->files++)
		snprintf(s->name, sizeof(s->name), "%s", name);
	for (size_t i = 0; i < FOLDERS; i++)
		for (unsigned n = 0; n < 2; n++)
			if (strcmp(name, folders[i].files[n]) == 0)
				s->met[i] |= 1u << n;
	if (s->store->ops->open(s->store, name, MEDIA_STORE_RDONLY, &file) < 0)
		return 0;
	if (s->store->ops->pread(file, head, HEAD, 0) == HEAD)
		image = image_name(head);
	s->store->ops->close(file);
	if (image) {
		s->what = image;
		snprintf(s->name, sizeof(s->name), "%s", name);
	}
	return 0;
}

int media_foreign_store(struct media_store *store, struct why *why)
{
	struct scan s = { .store = store };
	int rc = store->ops->list(store, scan_file, &s);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < FOLDERS; i++) {
		if (s.met[i] == 3) {
			why_set(why, "this is %s, not one of ours", folders[i].what);
			return 0;
		}
	}
	if (s.what)
		why_set(why, "not a cartridge of ours: its file %s is %s", s.name, s.what);
	else if (s.files)
		why_set(why, "not a cartridge: it has no file `cartridge` (but %s)", s.name);
	else
		why_set(why, "not a cartridge: it is empty");
	return 0;
}
