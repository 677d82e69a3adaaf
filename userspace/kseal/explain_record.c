// SPDX-License-Identifier: GPL-2.0
/* The bytes of a connection as records. */
#include <stdio.h>

#include "explain.h"
#include "registry.h"

enum {
	HEADER = 5,
	TLS_MAJOR = 3,
	CHANGE_CIPHER_SPEC = 20,
	ALERT = 21,
	APPLICATION_DATA = 23,
};

void explain_alert(struct explain *e, enum fields_way way, unsigned int level, unsigned int alert)
{
	const char *hint = registry_alert_hint(alert);
	struct fields *f = &e->fields;

	explain_step(e, way, "alert", "Alert", -1);
	f->ops->code(f, "level", level, 2, level == 2 ? "fatal" : level == 1 ? "warning" : NULL);
	f->ops->code(f, "alert", alert, 2, registry_alert(alert));
	if (hint)
		fields_string(f, "meaning", hint);
	fields_close(f);
}

static void tell_record(struct explain *e, enum fields_way way, const struct record_flow *r)
{
	const uint32_t version = (uint32_t)r->kept[1] << 8 | r->kept[2];
	const char *type = registry_record(r->kept[0]);
	struct fields *f = &e->fields;
	char brief[64];

	snprintf(brief, sizeof(brief), "%s, %s", type ? type : "of no known type",
		 r->encrypted ? "encrypted" : "in the clear");
	explain_brief(e, way, "record", "record", HEADER + r->size, brief);
	f->ops->code(f, "type", r->kept[0], 2, type);
	f->ops->code(f, "legacy_version", version, 4, registry_version(version));
	f->ops->flag(f, "encrypted", r->encrypted);
	fields_close(f);
}

static void finish_record(struct explain *e, enum fields_way way, struct record_flow *r)
{
	const bool compatible = e->context.version == 0x0304;

	if (r->kept[0] == CHANGE_CIPHER_SPEC) {
		explain_step(e, way, "change_cipher_spec", "ChangeCipherSpec", HEADER + r->size);
		e->fields.ops->note(&e->fields, compatible ?
			"means nothing in TLS 1.3: some middleboxes want to see it" :
			"from here on this direction is encrypted");
		fields_close(&e->fields);
		r->encrypted = r->encrypted || !compatible;
		return;
	}
	r->encrypted = r->encrypted || r->kept[0] == APPLICATION_DATA;
	tell_record(e, way, r);
	if (r->kept[0] == ALERT && !r->encrypted && r->size == 2)
		explain_alert(e, way, r->kept[HEADER], r->kept[HEADER + 1]);
}

/* Takes what belongs to the record under way. Return: how much that is. */
static size_t take(struct record_flow *r, const uint8_t *data, size_t size)
{
	const size_t end = r->have < HEADER ? HEADER : HEADER + r->size;
	const size_t n = size < end - r->have ? size : end - r->have;
	size_t i;

	for (i = 0; i < n && r->have + i < RECORD_KEPT; i++)
		r->kept[r->have + i] = data[i];
	r->have += n;
	if (r->have == HEADER && end == HEADER) {
		r->size = (size_t)r->kept[3] << 8 | r->kept[4];
		r->odd = r->odd || !registry_record(r->kept[0]) || r->kept[1] != TLS_MAJOR;
	}
	return n;
}

void explain_bytes(struct explain *e, enum fields_way way, const uint8_t *data, size_t size)
{
	struct record_flow *r = way == WAY_SENT ? &e->out : &e->in;
	size_t n;

	*(way == WAY_SENT ? &e->sent : &e->received) += size;
	while (size) {
		n = take(r, data, size);
		data += n;
		size -= n;
		if (r->have < HEADER || r->have < HEADER + r->size)
			continue;
		r->have = 0;
		finish_record(e, way, r);
	}
}
