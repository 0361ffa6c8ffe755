/* SPDX-License-Identifier: GPL-2.0-only */
/* A library as a JSON object: the form of `status` in the control protocol, for the daemon and for vtl alike. */
#ifndef LIBRARY_JSON_H
#define LIBRARY_JSON_H

#include <jansson.h>

#include "library.h"

/*
 * What the configuration and the inventory say: all keys of a library in `status` (control/PROTOCOL.md). What only a
 * daemon knows is there with the values of a library that nobody serves (drive: `state` "empty" or "loaded", `activity`
 * "unserved", `position` null, `urls` empty; `changer`: `urls` empty), for the daemon to replace. A new reference;
 * NULL when out of memory.
 */
json_t *library_json(const struct library *library);
/* One cartridge: barcode, medium, kind, source; null for NULL. */
json_t *library_cartridge_json(const struct library_cartridge *cartridge);

#endif
