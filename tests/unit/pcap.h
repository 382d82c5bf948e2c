/*
 * TCP streams out of a capture file: Ethernet, IPv4, microsecond pcap of this machine's byte order. Each direction of
 * a connection is one stream, its bytes in order of sequence numbers without repeats.
 */
#ifndef PCAP_H
#define PCAP_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCAP_STREAMS 64

struct pcap_stream {
	uint32_t src, dst;
	uint16_t sport, dport;
	uint32_t next_seq;
	int from_start;		/* its SYN was seen */
	int holes;		/* bytes that the capture lacks */
	unsigned char *data;
	size_t size;
};

struct pcap {
	struct pcap_stream stream[PCAP_STREAMS];
	int streams;
};

static struct pcap_stream *pcap_stream(struct pcap *p, uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport,
				       int syn, uint32_t seq)
{
	struct pcap_stream *s;
	int i;

	for (i = p->streams - 1; i >= 0 && !syn; i--) {
		s = &p->stream[i];
		if (s->src == src && s->dst == dst && s->sport == sport && s->dport == dport)
			return s;
	}
	if (p->streams == PCAP_STREAMS)
		return NULL;
	s = &p->stream[p->streams++];
	memset(s, 0, sizeof(*s));
	s->src = src;
	s->dst = dst;
	s->sport = sport;
	s->dport = dport;
	s->from_start = syn;
	s->next_seq = seq + !!syn;
	return s;
}

static unsigned pcap_be(const unsigned char *b, int n)
{
	unsigned v = 0;

	while (n--)
		v = v << 8 | *b++;
	return v;
}

static void pcap_segment(struct pcap *p, const unsigned char *f, size_t size)
{
	size_t ip_byte, tcp_byte, total, payload;
	const unsigned char *ip = f + 14, *tcp, *data;
	struct pcap_stream *s;
	uint32_t seq;

	if (size < 14 + 20 + 20 || pcap_be(f + 12, 2) != 0x0800 || ip[9] != 6)
		return;
	ip_byte = (size_t)(ip[0] & 15) * 4;
	total = pcap_be(ip + 2, 2);
	tcp = ip + ip_byte;
	tcp_byte = (size_t)(tcp[12] >> 4) * 4;
	if (total == 0 || 14 + total > size)
		total = size - 14;
	data = tcp + tcp_byte;
	payload = total - ip_byte - tcp_byte;
	seq = pcap_be(tcp + 4, 4);
	s = pcap_stream(p, pcap_be(ip + 12, 4), pcap_be(ip + 16, 4), (uint16_t)pcap_be(tcp, 2),
			(uint16_t)pcap_be(tcp + 2, 2), !!(tcp[13] & 2), seq);
	if (!s || !payload)
		return;
	if ((int32_t)(seq - s->next_seq) < 0) {		/* sent again */
		size_t seen = s->next_seq - seq;

		if (seen >= payload)
			return;
		data += seen;
		payload -= seen;
		seq = s->next_seq;
	}
	s->holes += seq != s->next_seq;
	s->data = realloc(s->data, s->size + payload);
	memcpy(s->data + s->size, data, payload);
	s->size += payload;
	s->next_seq = seq + (uint32_t)payload;
}

/* 0, or -1: not such a file. */
static int pcap_read(struct pcap *p, const char *path)
{
	unsigned char head[24], *frame = malloc(1 << 18);
	uint32_t rec[4];
	FILE *f = fopen(path, "rb");
	int err = -1;

	memset(p, 0, sizeof(*p));
	if (!f || !frame || fread(head, 1, 24, f) != 24 || memcmp(head, "\xd4\xc3\xb2\xa1", 4) || head[20] != 1)
		goto out;
	while (fread(rec, 16, 1, f) == 1) {
		if (rec[2] > 1 << 18 || fread(frame, 1, rec[2], f) != rec[2] || rec[2] != rec[3])
			goto out;
		pcap_segment(p, frame, rec[2]);
	}
	err = 0;
out:
	free(frame);
	if (f)
		fclose(f);
	return err;
}

static void pcap_free(struct pcap *p)
{
	while (p->streams)
		free(p->stream[--p->streams].data);
}

#endif
