/* SPDX-License-Identifier: GPL-2.0-only */
/* dump-md, restore-md and verify-dump: meta-data from disk to text and back. */
#include "md_cmd.h"
#include "md_dump.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const version_names[] = { "v06", "v07", "v08" };

/* --- dump -------------------------------------------------------------------------------------------------------------- */

static void print_head(const struct md_args *a)
{
	char host[256] = "", when[64] = "";
	time_t now = time(NULL);
	struct tm tm;
	const char *base;
	int i;

	gethostname(host, sizeof(host) - 1);
	if (localtime_r(&now, &tm))
		strftime(when, sizeof(when), "%F %T %z", &tm);
	base = strrchr(a->argv[0], '/');
	printf("# DRBD meta data dump\n# %s [%lld]\n# %s> %s", when, (long long)now, host, base ? base + 1 : a->argv[0]);
	for (i = 1; i < a->argc; i++)
		printf(" %s", a->argv[i]);
	printf("\n#\n\n");
}

static void print_moved(const struct md_dev *dev)
{
	struct drbd_md_layout l;
	u64 sb;

	md_layout_or_die(dev, dev->md.al_stripes, dev->md.al_stripe_size_4k, &l);
	sb = l.md_offset_sect << 9;
	printf("#\n### Device seems to have been resized!\n### dumping meta data from the last known position\n"
	       "### current size of %s: %llu byte\n### expected position of meta data:\n"
	       "## md_offset %llu\n## al_offset %llu\n## bm_offset %llu\n"
	       "### last known size of %s: %llu byte\n### adjusted position of meta data:\n",
	       dev->path, dev->size_byte, sb, sb + (u64)(l.al_offset * 512), sb + (u64)(l.bm_offset * 512), dev->lk.path,
	       (u64)dev->lk.size_byte);
}

static void print_bitmap(const struct md_dev *dev, u64 bm_byte)
{
	struct bm_printer p = { .out = stdout };
	u8 *buf = md_alloc(MD_IO_BYTE);
	u64 at, len, i;

	/* whole sectors, as the original reads them */
	bm_byte = (bm_byte + dev->sector_byte - 1) / dev->sector_byte * dev->sector_byte;
	bm_byte = DRBD_MIN(bm_byte, dev->l.bm_sect << 9);
	printf("bm {");
	for (at = 0; at < bm_byte; at += len) {
		len = DRBD_MIN((u64)MD_IO_BYTE, bm_byte - at);
		md_read(dev, buf, (len + 4095) & ~4095ull, md_bm_offset_byte(dev) + at, "bitmap");
		for (i = 0; i < len; i += 8)
			bm_print_word(&p, drbd_get_le64(buf + i));
	}
	bm_print_end(&p);
	printf("}\n# bits-set %llu;\n", p.bits_set);
	free(buf);
}

static void print_transaction(const u8 *block, u32 b, u32 al_nr_extents)
{
	static struct drbd_al_tr tr;
	u32 i, slot, highest = 0;

	if (!drbd_al_decode(block, &tr)) {
		printf("#     block %2u { INVALID }\n", b);
		return;
	}
	if (tr.type == AL_TR_INITIALIZED) {
		printf("#     block %2u { INITIALIZED }\n", b);
		return;
	}
	printf("#     block %2u {\n# \tmagic: 0x%08x\n# \ttype: 0x%04x\n# \ttr: %10u\n# \tactive set size: %u\n", b, AL_MAGIC,
	       tr.type, tr.number, tr.context_size);
	for (i = 0; i < AL_CONTEXT; i++) {
		slot = (u32)tr.context_start + i;
		if (slot >= tr.context_size && tr.context[i] == AL_NONE)
			break;
		highest = DRBD_MAX(highest, slot);
		printf("# \t%2u: %10u %10u\n", i, slot, tr.context[i]);
	}
	printf("# \tupdates: %u\n", tr.nr);
	for (i = 0; i < AL_UPDATES_MAX; i++) {
		if (i >= tr.nr && tr.slot[i] == 0xffff)
			continue;
		highest = DRBD_MAX(highest, (u32)tr.slot[i]);
		printf("# \t%2u: %10u %10u\n", i, tr.slot[i], tr.extent[i]);
	}
	printf("# \tcrc32c: 0x%08x\n#     }\n", drbd_get_be32(block + 8));
	if (highest >= al_nr_extents)
		printf("### CAUTION: maximum slot number found in AL: %u\n### CAUTION: but 'super-block' al-extents is: %u\n",
		       highest, al_nr_extents);
}

static void print_al(const struct md_dev *dev)
{
	const struct drbd_md_layout *l = &dev->l;
	u32 b, blocks = l->al_stripes * l->al_stripe_size_4k;
	u8 *block = md_alloc(AL_BLOCK_BYTE);

	printf("# al {\n");
	for (b = 0; b < blocks; b++) {
		md_read(dev, block, AL_BLOCK_BYTE, md_al_offset_byte(dev) +
			drbd_al_block_sect(l->al_stripes, l->al_stripe_size_4k, b) * 512, "activity log");
		print_transaction(block, b, dev->md.al_nr_extents);
	}
	printf("# }\n");
	free(block);
}

static void print_super_08(const struct md_dev *dev, u64 la_sect)
{
	const struct drbd_md *m = &dev->md;

	printf("uuid {\n    0x%016llX; 0x%016llX; 0x%016llX; 0x%016llX;\n    flags 0x%08X;\n}\n", m->uuid[0], m->uuid[1],
	       m->uuid[2], m->uuid[3], m->flags);
	printf("# al-extents %u;\nla-size-sect %llu;\nbm-byte-per-bit %u;\ndevice-uuid 0x%016llX;\n"
	       "la-peer-max-bio-size %u;\n", m->al_nr_extents, la_sect, m->bm_bytes_per_bit, m->device_uuid,
	       m->la_peer_max_bio_size);
	/* 8.4.4 leaves 1 and 8 out, later ones do not read a dump without them; all read this */
	printf("al-stripes %u;\nal-stripe-size-4k %u;\n", m->al_stripes, m->al_stripe_size_4k);
}

static void print_super_07(const struct md_dev *dev, u64 la_sect)
{
	const u32 *gc = dev->md7.gc;

	printf("gc {\n    %u; %u; %u; %u; %u;\n}\n", gc[0], gc[1], gc[2], gc[3], gc[4]);
	if (dev->format == MD_V07)
		printf("# al-extents %u;\nla-size-sect %llu;\n", dev->md7.al_nr_extents, la_sect);
}

int cmd_dump_md(struct md_dev *dev, const struct md_args *a)
{
	u64 la, bm_byte;
	bool unclean;

	md_open(dev, false);
	md_find(dev);
	if (!dev->found && !dev->at_last_known) {
		fprintf(stderr, "No valid meta data found\n");
		return MX_NONE;
	}
	unclean = dev->format == MD_V08 &&
		  (dev->md.magic != DRBD_MD_MAGIC_08 || !(dev->md.flags & MDF_AL_CLEAN));
	if (unclean) {
		fprintf(stderr, "Found meta data is \"unclean\", please apply-al first\n");
		if (!dev->opt->force)
			return MX_NONE;
	}
	print_head(a);
	printf("version \"%s\";\n\n", version_names[dev->format]);
	if (unclean)
		printf("This_is_an_unclean_meta_data_dump._Don't_trust_the_bitmap.\n\n");
	if (dev->format == MD_V06) {
		print_super_07(dev, 0);
		return MX_OK;
	}
	printf("# md_size_sect %llu\n", dev->l.md_size_sect);
	if (dev->at_last_known)
		print_moved(dev);
	printf("# md_offset %llu\n# al_offset %llu\n# bm_offset %llu\n\n", dev->l.md_offset_sect << 9,
	       md_al_offset_byte(dev), md_bm_offset_byte(dev));
	la = dev->format == MD_V08 ? dev->md.la_size_sect : dev->md7.la_size_sect;
	bm_byte = drbd_md_bm_byte(la);
	if (dev->format == MD_V08)
		print_super_08(dev, la);
	else
		print_super_07(dev, la);
	printf("# bm-bytes %llu;\n", bm_byte);
	print_bitmap(dev, bm_byte);
	if (dev->opt->verbose >= 10 && dev->format == MD_V08)
		print_al(dev);
	if (fflush(stdout) || ferror(stdout))
		md_fatal(MX_FAILED, "writing the dump failed: %s\n", strerror(errno));
	return MX_OK;
}

/* --- restore ------------------------------------------------------------------------------------------------------------ */

/* The file, so that it can be read twice. */
static FILE *open_dump(const struct md_args *a)
{
	char buf[65536];
	FILE *in, *copy;
	size_t n;

	if (a->nr < 1)
		md_fatal(MX_FAILED, "Required Argument missing\n");
	in = fopen(a->arg[0], "re");
	if (!in)
		md_fatal(MX_USAGE, "open of '%s' failed.\n", a->arg[0]);
	if (!fseek(in, 0, SEEK_SET))
		return in;
	copy = tmpfile();
	while (copy && (n = fread(buf, 1, sizeof(buf), in)))
		if (fwrite(buf, 1, n, copy) != n)
			break;
	if (!copy || ferror(in) || ferror(copy) || fflush(copy))
		md_fatal(MX_USAGE, "open of '%s' failed.\n", a->arg[0]);
	fclose(in);
	rewind(copy);
	return copy;
}

int cmd_verify_dump(struct md_dev *dev, const struct md_args *a)
{
	FILE *in = open_dump(a);
	struct md_dump dump;

	if (dev->format == MD_V06)
		md_fatal(MX_FAILED, "verify-dump is not possible for v06 meta data\n");
	if (md_dump_parse(in, version_names[dev->format], &dump, NULL, NULL))
		return MX_FAILED;
	fclose(in);
	printf("input file parsed ok\n");
	return MX_OK;
}

/* Words go through one buffer; what is beyond the area is dropped. */
struct word_writer {
	const struct md_dev *dev;
	u8 *buf;
	u64 at, end;		/* bytes from the start of the bitmap: of buf, and where to stop */
	size_t fill;
	bool truncated;
};

static void flush_words(struct word_writer *w)
{
	md_write(w->dev, w->buf, w->fill, md_bm_offset_byte(w->dev) + w->at, "bitmap");
	w->at += w->fill;
	w->fill = 0;
}

static int put_words(void *arg, u64 word, u64 times)
{
	struct word_writer *w = arg;
	u64 room = (w->end - w->at - w->fill) / 8, bytes;

	if (times > room) {
		times = room;
		w->truncated = true;
	}
	while (times) {
		if (!word && !w->fill && times >= MD_IO_BYTE / 8) {
			bytes = times * 8 & ~(u64)(MD_IO_BYTE - 1);
			md_zero(w->dev, bytes, md_bm_offset_byte(w->dev) + w->at, "bitmap");
			w->at += bytes;
			times -= bytes / 8;
			continue;
		}
		drbd_put_le64(w->buf + w->fill, word);
		w->fill += 8;
		times--;
		if (w->fill == MD_IO_BYTE)
			flush_words(w);
	}
	return 0;
}

static void restore_bitmap(struct md_dev *dev, FILE *in, u64 bm_byte)
{
	struct word_writer w = { .dev = dev, .end = (bm_byte + 4095) & ~4095ull };
	struct md_dump again;

	w.buf = md_alloc(MD_IO_BYTE);
	rewind(in);
	if (md_dump_parse(in, version_names[dev->format], &again, put_words, &w))
		exit(MX_FAILED);	/* cannot be: it was parsed before */
	put_words(&w, 0, (w.end - w.at - w.fill) / 8);
	if (w.fill)
		flush_words(&w);
	if (w.truncated)
		fprintf(stderr, "Bitmap info too large, truncated!\n");
	free(w.buf);
}

static void take_super_08(struct md_dev *dev, const struct md_dump *dump)
{
	u32 stripes = dump->md.al_stripes, size_4k = dump->md.al_stripe_size_4k;

	if (dev->opt->have_stripes) {
		fprintf(stderr, "override activity log striping from commandline\n");
		stripes = dev->opt->al_stripes;
		size_4k = dev->opt->al_stripe_size_4k;
	}
	md_layout_or_die(dev, stripes, size_4k, &dev->l);
	dev->md = dump->md;
	dev->md.magic = DRBD_MD_MAGIC_08;
	dev->md.al_nr_extents = 257;
	drbd_md_place(&dev->md, &dev->l);
}

static void take_super_07(struct md_dev *dev, const struct md_dump *dump)
{
	md_layout_or_die(dev, 1, DRBD_MD_AL_BLOCKS_MIN, &dev->l);
	memset(&dev->md7, 0, sizeof(dev->md7));
	memcpy(dev->md7.gc, dump->gc, sizeof(dump->gc));
	dev->md7.la_size_sect = dump->md.la_size_sect;
	dev->md7.magic = DRBD_MD_MAGIC_07;
	dev->md7.al_nr_extents = 257;
	dev->md7.md_size_sect = (u32)dev->l.md_size_sect;
	dev->md7.al_offset = (s32)dev->l.al_offset;
	dev->md7.bm_offset = (s32)dev->l.bm_offset;
}

int cmd_restore_md(struct md_dev *dev, const struct md_args *a)
{
	u64 *la, usable, bm_byte;
	struct md_dump dump;
	bool in_place;
	FILE *in;

	if (dev->format == MD_V06)
		md_fatal(MX_USAGE, "restore-md is not possible for v06 meta data\n");
	in = open_dump(a);
	/* first read all of it: nothing is written for the sake of a damaged dump */
	if (md_dump_parse(in, version_names[dev->format], &dump, NULL, NULL))
		return MX_FAILED;
	md_open(dev, false);
	md_find(dev);
	in_place = dev->found;
	if (in_place && !md_confirmed(dev, "Valid meta-data in place, overwrite?"))
		return MX_NONE;
	if (dev->format == MD_V08)
		take_super_08(dev, &dump);
	else
		take_super_07(dev, &dump);
	if (!in_place) {
		md_check_existing(dev);
		fprintf(stderr, "initializing with defaults\n");
	}
	la = dev->format == MD_V08 ? &dev->md.la_size_sect : &dev->md7.la_size_sect;
	usable = md_usable_sect(dev);
	if (*la > usable) {
		printf("# la-size-sect was too big (%llu), truncated (%llu)!\n", *la, usable);
		*la = usable;
	}
	bm_byte = drbd_md_bm_byte(*la);
	if (dump.words < bm_byte / 8)
		md_fatal(MX_FAILED, "%s: bitmap has %llu words, la-size-sect %llu needs %llu\n", a->arg[0], dump.words, *la,
			 bm_byte / 8);
	restore_bitmap(dev, in, bm_byte);
	fclose(in);
	if (dev->format == MD_V08)
		md_init_al(dev);
	md_save(dev);
	printf("Successfully restored meta data\n");
	return MX_OK;
}
