/* SPDX-License-Identifier: GPL-2.0-only */
/* Turns what a library's configuration and inventory say into the JSON object of the control protocol. */
#include "json.h"

static json_t *place_json(struct library_place place)
{
	char text[24];

	return place.kind == LIBRARY_NOWHERE ? json_null() : json_string(library_place_text(place, text, sizeof(text)));
}

json_t *library_cartridge_json(const struct library_cartridge *cartridge)
{
	if (!cartridge)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", cartridge->id, "barcode", cartridge->barcode,
			 "medium", cartridge->form, "kind", library_kind_name(cartridge->kind),
			 "source", place_json(cartridge->source));
}

/* Appends the `count` elements of a kind, at element addresses from `start` on. */
static void add_elements(json_t *elements, const struct library *library, enum library_place_kind kind,
			 unsigned count, unsigned start)
{
	for (unsigned i = 0; i < count; i++) {
		struct library_place place = { kind, i + 1 };

		json_array_append_new(elements, json_pack("{s:o, s:i, s:o}", "place", place_json(place),
				      "address", (int)(start + i),
				      "cartridge", library_cartridge_json(library_at(library, place))));
	}
}

static json_t *drive_json(const struct library *library, unsigned number)
{
	const struct library_drive *drive = &library_conf(library)->drive[number - 1];
	struct library_place place = { LIBRARY_DRIVE, number };
	const struct library_cartridge *cartridge = library_at(library, place);

	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:o, s:n, s:[]}",
			 "number", (int)number, "id", drive->id, "model", drive->model->name,
			 "vendor", drive->model->inquiry.vendor, "product", drive->model->inquiry.product,
			 "serial", drive->serial, "address", (int)drive->address,
			 "state", drive->absent ? "absent" : cartridge ? "loaded" : "empty", "activity", "unserved",
			 "cartridge", library_cartridge_json(cartridge), "position", "urls");
}

json_t *library_json(const struct library *library)
{
	const struct library_conf *conf = library_conf(library);
	json_t *elements = json_array(), *drives = json_array(), *shelf = json_array();
	const struct library_cartridge *cartridge;

	add_elements(elements, library, LIBRARY_TRANSPORT, 1, conf->transport_start);
	add_elements(elements, library, LIBRARY_SLOT, conf->slots, conf->storage_start);
	add_elements(elements, library, LIBRARY_IO, conf->import_exports, conf->import_export_start);
	add_elements(elements, library, LIBRARY_DRIVE, conf->drives, conf->drive_start);
	for (unsigned i = 1; i <= conf->drives; i++)
		json_array_append_new(drives, drive_json(library, i));
	for (unsigned n = 0; (cartridge = library_nth(library, n)); n++)
		if (cartridge->place.kind == LIBRARY_SHELF)
			json_array_append_new(shelf, library_cartridge_json(cartridge));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:n, s:o, s:o, s:o, s:{s:[]}}",
			 "name", conf->name, "dir", conf->dir, "model", conf->model->name,
			 "vendor", conf->model->inquiry.vendor, "product", conf->model->inquiry.product,
			 "serial", conf->serial, "address", "elements", elements, "shelf", shelf,
			 "drives", drives, "changer", "urls");
}
