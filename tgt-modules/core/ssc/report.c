/* SPDX-License-Identifier: GPL-2.0-only */
/* Small answers: TEST UNIT READY, READ MEDIA SERIAL NUMBER, LOAD DISPLAY. */
#include <string.h>

#include "tape_impl.h"

/*
 * TEST UNIT READY, SPC-5 6.47: at once, whatever is queued or running. While something goes on after IMMED that leaves
 * the medium as good as not there, it says what.
 */
void tape_test_unit_ready(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);
	struct vtl_sense_extra extra = { 0 };
	enum vtl_sense sense = tape_gate(&t->dev, cmd, &extra);

	if (sense == SENSE_NONE && (sense = tape_busy(t)) != SENSE_NONE)
		extra = (struct vtl_sense_extra){ .sks = VTL_SKS_PROGRESS, .progress = tape_progress(t) };
	if (sense == SENSE_NONE)
		vtl_cmd_good(cmd);
	else
		vtl_cmd_check(cmd, sense, &extra);
}

/*
 * Sense data of IBM LTO drives goes on to byte 33: byte 29 has the wrap, 30 to 33 the position along the tape in steps
 * of about 7.2 mm (LPOS). CERN's CTA asks for it.
 */
unsigned tape_more_sense(struct vtl_dev *dev, uint8_t *buf, unsigned size)
{
	enum { FIRST = 18, WRAP = 29 - FIRST, LPOS = 30 - FIRST, LEN = 34 - FIRST };
	const struct vtl_tape *t = tape_of_dev(dev);
	struct tape_place place;
	struct media_pos pos;

	if (strcmp(t->model->family, "lto") != 0 || size < LEN)
		return 0;
	memset(buf, 0, LEN);
	if (!t->media)
		return LEN;
	media_tell(t->media, &pos);
	place = tape_place_of(t, pos.partition, pos.object);
	buf[WRAP] = (uint8_t)(place.wrap > 0xff ? 0xff : place.wrap);
	put_be32(buf + LPOS, (uint32_t)(place.along * (t->medium ? t->medium->length_m : 0) / 0.0072));
	return LEN;
}

/* READ MEDIA SERIAL NUMBER, SPC-5 6.22: padded to a multiple of four bytes. */
void tape_read_serial_number(struct vtl_cmd *cmd)
{
	char serial[2 * MEDIA_UUID_LEN + 1];
	struct vtl_reply r;

	tape_medium_serial(tape_of(cmd)->media, serial);
	vtl_reply_cmd(&r, cmd, get_be32(cmd->cdb + 6));
	vtl_put32(&r, 2 * MEDIA_UUID_LEN);
	vtl_put_text(&r, serial, 2 * MEDIA_UUID_LEN);
	vtl_cmd_reply(cmd, &r);
}

/*
 * LOAD DISPLAY, as enterprise drives with a display have it: a byte of flags and two messages of eight characters.
 * What an operator would read there goes to the log.
 */
void tape_load_display(struct vtl_cmd *cmd)
{
	char text[17];
	unsigned i;

	if (cmd->cdb[4] != 17) {
		vtl_cmd_check(cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
		return;
	}
	if (!vtl_cmd_has_out(cmd, 17))
		return;
	for (i = 0; i < 16; i++)
		text[i] = cmd->out[1 + i] >= ' ' && cmd->out[1 + i] <= '~' ? (char)cmd->out[1 + i] : ' ';
	text[16] = '\0';
	vtl_dev_log(vtl_cmd_dev(cmd), 6, "display: \"%.8s\" \"%.8s\"", text, text + 8);
	vtl_cmd_good(cmd);
}
