/* SPDX-License-Identifier: GPL-2.0-only */
/* Data encryption parameters: scopes, locks, and the events on which keys are forgotten (SSC-5 4.2.22). */
#include <stdlib.h>
#include <string.h>

#include "tape_impl.h"

/* What a nexus has of its own: in nexus->own. NULL there: PUBLIC, not locked. */
struct tape_nexus {
	uint8_t scope;
	bool locked;
	uint32_t locked_at;		/* key instance counter when it was locked */
	struct tape_keys local;
};

/*
 * T10000: its interface reference (E20425), which has no raw reads, refuses A-KAD, and wants the U-KAD to decrypt.
 * LTO, 3592: IBM's and HP's references; the limit of wrong keys is HP's, whose sense IBM's drives list, too. HP's have
 * no KAD format. EXTDECC: key managers beside the application have no way to control our drives.
 */
static const struct tape_algorithm algorithms[] = {
	{ "t10000", .ukad = 30, .needs_ukad = true },
	{ "3592", 1, .akad = 12, .raw = true, .kad_format = true, .encrypted_volume = true, .wrong_keys = 10 },
	{ "hp-lto", 1, 32, 12, .raw = true, .encrypted_volume = true, .wrong_keys = 10 },
	{ "lto", 1, 32, 12, .raw = true, .kad_format = true, .encrypted_volume = true, .wrong_keys = 10 },
};

const struct tape_algorithm *tape_algorithm(const struct vtl_tape *t)
{
	const struct tape_algorithm *last = &algorithms[sizeof(algorithms) / sizeof(algorithms[0]) - 1];
	const struct tape_algorithm *a = algorithms;

	while (a != last && !tape_is(t->model, a->family))
		a++;
	return a;
}

uint8_t tape_keys_scope(const struct vtl_nexus *nexus)
{
	const struct tape_nexus *own = nexus->own;

	return own ? own->scope : SCOPE_PUBLIC;
}

const struct tape_keys *tape_keys_of(const struct vtl_tape *t, const struct vtl_nexus *nexus)
{
	const struct tape_nexus *own = nexus->own;

	return own && own->scope == SCOPE_LOCAL ? &own->local : &t->crypt.all;
}

static bool is_locked(const struct vtl_nexus *nexus)
{
	const struct tape_nexus *own = nexus->own;

	return own && own->locked;
}

/* Nexuses that share their set are told that it has changed; those that are locked to it, its key too. */
static void tell_sharers(struct vtl_tape *t, const struct vtl_nexus *except)
{
	struct vtl_nexus *nexus;

	for (nexus = t->dev.nexuses; nexus; nexus = nexus->next) {
		if (nexus == except || tape_keys_scope(nexus) == SCOPE_LOCAL)
			continue;
		vtl_ua(nexus, SENSE_ENCRYPTION_CHANGED);
		if (is_locked(nexus))
			vtl_ua(nexus, SENSE_KEY_INSTANCE_CHANGED);
	}
}

static void stop_encrypting(struct vtl_tape *t)
{
	t->crypt.ending = false;
	t->crypt.applied = 0;
	if (!t->media)
		return;
	media_discard_lost(t->media);
	if (media_set_encrypt(t->media, NULL))
		vtl_dev_log(&t->dev, 3, "internal error: encryption cannot be switched off");
}

/* The blocks of a write that is under way are all encrypted, though its key may be forgotten meanwhile. */
void tape_keys_ended(struct vtl_tape *t)
{
	if (t->crypt.ending)
		stop_encrypting(t);
}

/* Wipes a set: what uses it has the default then, as a new instance. */
static void forget(struct vtl_tape *t, struct tape_keys *keys)
{
	if (!keys->counter)
		return;
	if (t->media && keys->counter == t->crypt.reading)
		media_set_decrypt(t->media, MEDIA_DECRYPT_NONE, NULL);
	if (t->media && keys->counter == t->crypt.applied) {
		t->crypt.ending = true;
		if (t->activity == TAPE_IDLE)
			stop_encrypting(t);
	}
	media_key_drop(keys->key);
	memset(keys, 0, sizeof(*keys));
}

/* A nexus gives up what it set before. */
static void leave(struct vtl_tape *t, struct vtl_nexus *nexus)
{
	struct tape_nexus *own = nexus->own;

	if (own->scope == SCOPE_LOCAL) {
		forget(t, &own->local);
	} else if (own->scope == SCOPE_ALL) {
		forget(t, &t->crypt.all);
		tell_sharers(t, nexus);
	}
	own->scope = SCOPE_PUBLIC;
}

static void take(struct vtl_tape *t, struct tape_keys *to, struct vtl_nexus *nexus, const struct tape_keys *keys)
{
	*to = *keys;
	if (!++t->crypt.counter)
		t->crypt.counter = 1;
	to->counter = t->crypt.counter;
	to->holder = nexus;
}

/* The set for all is another's from now on: who set the one before is one of the public. */
static void take_for_all(struct vtl_tape *t, struct vtl_nexus *nexus, const struct tape_keys *keys)
{
	struct vtl_nexus *other;

	for (other = t->dev.nexuses; other; other = other->next) {
		struct tape_nexus *own = other->own;

		if (own && own->scope == SCOPE_ALL)
			own->scope = SCOPE_PUBLIC;
	}
	forget(t, &t->crypt.all);
	take(t, &t->crypt.all, nexus, keys);
	tell_sharers(t, nexus);
}

bool tape_keys_set(struct vtl_tape *t, struct vtl_nexus *nexus, uint8_t scope, bool lock, const struct tape_keys *keys)
{
	struct tape_nexus *own = nexus->own;

	if (!own) {
		own = nexus->own = calloc(1, sizeof(*own));
		if (!own)
			return false;
	}
	if (scope != SCOPE_ALL || own->scope != SCOPE_ALL)
		leave(t, nexus);
	if (scope == SCOPE_LOCAL)
		take(t, &own->local, nexus, keys);
	else if (scope == SCOPE_ALL)
		take_for_all(t, nexus, keys);
	own->scope = scope;
	own->locked = lock;
	own->locked_at = tape_keys_of(t, nexus)->counter;
	return true;
}

/* ---- what they do ---- */

/* LTO: media from LTO-4 on. */
bool tape_keys_volume(const struct vtl_tape *t)
{
	return t->media && t->writable && (!tape_is(t->model, "lto") || media_info(t->media)->density >= 0x46);
}

static enum vtl_sense encrypt_by(struct vtl_tape *t, const struct tape_keys *keys)
{
	struct media_encrypt encrypt = {
		.key = keys->key, .raw_allowed = keys->raw_allowed, .kads = keys->kads,
		.metadata = keys->encrypt == ENCRYPT_EXTERNAL ? keys->metadata : NULL,
	};
	bool on = keys->encrypt != ENCRYPT_DISABLE;

	if (on && !tape_keys_volume(t))
		return SENSE_CANNOT_WRITE_MEDIUM;
	if (keys->counter == t->crypt.applied)
		return SENSE_NONE;
	if (media_set_encrypt(t->media, on ? &encrypt : NULL))
		return SENSE_INSUFFICIENT_RESOURCES;
	t->crypt.applied = keys->counter;
	return SENSE_NONE;
}

enum vtl_sense tape_keys_apply(struct vtl_tape *t, bool writing)
{
	static const enum media_decrypt modes[] = {
		[DECRYPT_DISABLE] = MEDIA_DECRYPT_NONE, [DECRYPT_RAW] = MEDIA_DECRYPT_RAW,
		[DECRYPT_DECRYPT] = MEDIA_DECRYPT_KEY, [DECRYPT_MIXED] = MEDIA_DECRYPT_MIXED,
	};
	const struct vtl_nexus *nexus = t->cmd->nexus;
	const struct tape_keys *keys = tape_keys_of(t, nexus);
	const struct tape_nexus *own = nexus->own;

	if (own && own->locked && own->locked_at != keys->counter)
		return SENSE_KEY_INSTANCE_LOCKED;
	if (writing)
		return encrypt_by(t, keys);
	t->crypt.checks = keys->check_external >= CHECK_NOT_EXTERNAL;
	t->crypt.reading = keys->counter;
	/* What came encrypted is bound to no place on the medium: where the mode does not exist, it is a forgery. */
	media_set_refusals(t->media, keys->check_external == CHECK_NOT_ENCRYPT,
			   keys->check_external == CHECK_NOT_EXTERNAL || !t->model->external_encryption);
	media_set_decrypt(t->media, modes[keys->decrypt], keys->decrypt >= DECRYPT_DECRYPT ? keys->key : NULL);
	return SENSE_NONE;
}

/* A key counts once, however often is read with it. */
void tape_keys_read(struct vtl_tape *t)
{
	struct tape_crypt *crypt = &t->crypt;

	if (t->req.decrypted)
		crypt->wrong = 0;
	if (t->req.err != MEDIA_KEY_WRONG || crypt->wrong_last == crypt->reading)
		return;
	crypt->wrong_last = crypt->reading;
	crypt->wrong++;
}

bool tape_keys_exhausted(const struct vtl_tape *t)
{
	unsigned limit = tape_algorithm(t)->wrong_keys;

	return limit && t->crypt.wrong >= limit;
}

/* ---- events ---- */

void tape_keys_loaded(struct vtl_tape *t)
{
	t->crypt.applied = t->crypt.reading = 0;
	t->crypt.ending = false;
	t->crypt.wrong = 0;
	tape_encrypted_loaded(t);
}

/* Forgets every set of which `ends` says so; who shares one is told. */
static void forget_if(struct vtl_tape *t, bool (*ends)(const struct tape_keys *keys, bool arg), bool arg)
{
	struct vtl_nexus *nexus;

	if (t->crypt.all.counter && ends(&t->crypt.all, arg)) {
		forget(t, &t->crypt.all);
		tell_sharers(t, NULL);
	}
	for (nexus = t->dev.nexuses; nexus; nexus = nexus->next) {
		struct tape_nexus *own = nexus->own;

		if (!own || !own->local.counter || !ends(&own->local, arg))
			continue;
		forget(t, &own->local);
		vtl_ua(nexus, SENSE_ENCRYPTION_CHANGED);
		if (own->locked)
			vtl_ua(nexus, SENSE_KEY_INSTANCE_CHANGED);
	}
}

static bool on_demount(const struct tape_keys *keys, bool arg)
{
	return keys->ckod;
}

void tape_keys_demounted(struct vtl_tape *t)
{
	forget_if(t, on_demount, false);
}

bool tape_keys_reserved(const struct vtl_nexus *nexus)
{
	return nexus->dev->reserved == nexus || vtl_res_holds(nexus);
}

static bool on_reservation(const struct tape_keys *keys, bool preempted)
{
	bool ends = preempted ? keys->ckorp : keys->ckorl;

	return ends && !(keys->holder && tape_keys_reserved(keys->holder));
}

void tape_keys_reservations_changed(struct vtl_dev *dev, bool preempted)
{
	forget_if(tape_of_dev(dev), on_reservation, preempted);
}

/* Resets; and when the drive is taken away. Nobody is told: the unit attention of the reset says it. */
void tape_keys_forget_all(struct vtl_tape *t)
{
	struct vtl_nexus *nexus;

	forget(t, &t->crypt.all);
	for (nexus = t->dev.nexuses; nexus; nexus = nexus->next) {
		struct tape_nexus *own = nexus->own;

		if (!own)
			continue;
		forget(t, &own->local);
		memset(own, 0, sizeof(*own));
	}
}

/* I_T nexus loss: what was its alone goes; what it set for all stays, with nobody to hold a reservation for it. */
void tape_keys_nexus_lost(struct vtl_dev *dev, struct vtl_nexus *nexus)
{
	struct vtl_tape *t = tape_of_dev(dev);
	struct tape_nexus *own = nexus->own;

	if (t->crypt.all.holder == nexus)
		t->crypt.all.holder = NULL;
	if (!own)
		return;
	forget(t, &own->local);
	free(own);
	nexus->own = NULL;
}
