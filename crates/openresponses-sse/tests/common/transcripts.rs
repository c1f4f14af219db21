//! Streams that are hard to cut.

pub const HARD: &[&[u8]] = &[
    // The line ends, alone and mixed.
    b"data: a\n\ndata: b\r\rdata: c\r\n\r\ndata: d\r\n\ndata: e\n\r\ndata: f\r\n\r",
    b"\r\n\r\n\n\r\r\rdata: x\r\ndata: y\rdata: z\n\r\n\r\n",
    b"data: a\r\r\n\ndata: b\n\r\r",
    // The byte order mark: once, twice, cut off, in the middle, nearly.
    b"\xEF\xBB\xBFdata: 1\n\n\xEF\xBB\xBFdata: 2\n\ndata: 3\n\n",
    b"\xEF\xBB\xBF\xEF\xBB\xBFdata: 1\n\ndata: 2\n\n",
    b"\xEF\xBB\xBF\n\ndata: 1\n\n",
    b"\xEF\xBB\xBF\r\n\r\ndata: 1\r\n\r\n",
    b"\xEF\xBB",
    b"\xEF\xBBdata: 1\n\ndata: 2\n\n",
    b"\xEFdata: 1\n\n",
    b"\xEF\xBB\n\ndata: 2\n\n",
    b"\xEF\xBB\xBF",
    b"",
    // Comments, before, between and inside events; unknown fields.
    b": hi\n\n: hi\r\n\r\n:\n:\rdata: 1\n: in between\ndata: 2\n:\n\n: bye",
    b": one\n: two\nevent: e\n: three\ndata: 1\n\n:four\n",
    b"foo: bar\nfoo\n foo\nDATA: 1\ndata : 2\n data: 3\nda-ta: 4\ndata: 5\n\n",
    // Fields without colon, without value, with spaces.
    b"data\n\ndata\ndata\n\ndata:\n\ndata: \n\ndata:  \n\ndata: :\n\ndata:test",
    b"event\ndata\n\nevent:\ndata:1\n\nevent: \ndata:1\n\nevent:  x \ndata: y \n\n",
    b"event: a\nevent: b\ndata: 1\n\nevent: a\nevent\ndata: 2\n\n",
    // No data: dropped, and the event name with it; the id stays.
    b"event: lost\n\ndata: 1\n\nid: 7\n\ndata: 2\n\nevent: x\nid\n\ndata: 3\n\n",
    // Ids: kept, changed, reset, with NUL.
    b"id: 1\ndata: a\n\ndata: b\n\nid: 2\nid: 3\ndata: c\n\nid: \0\ndata: d\n\nid\ndata: e\n\n",
    b"id: 9\x00\ndata: a\n\nid: 5\ndata: b\ndata: c\n\nid: 6\ndata: unfinished",
    // Reconnection times.
    b"retry: 100\ndata: a\n\nretry: 2s\ndata: b\n\nretry: +1\nretry:\nretry\nretry: 007\ndata: c\n\n",
    b"retry: 99999999999999999999999\n\ndata: a\n\nretry: 5\nretry: x\n",
    // NUL in data and in names.
    b"data: \0\n\ndata\0: 1\n\0data: 2\ndata: 3\n\n",
    // Bytes that are not UTF-8, and characters that a cut can divide.
    b"data: \xFF\n\ndata: \xC3\n\nevent: \xE2\x82\ndata: {\"\xE2\x82\xAC\"}\n\ndata: \xF0\x9F\x98\x80\n\n",
    // Several lines, with a name before and after.
    b"event: a\ndata: 1\ndata: 2\n\ndata: 3\ndata:\ndata\nevent: b\n\ndata: 4\ndata: 5\n\n",
    // Nearly what an encoder writes.
    b"data: x\nevent: y\n\nevent:y\ndata: x\n\nevent: y\ndata:x\n\nevent: y\ndata: x\nid: 1\n\n",
    b"event: y\ndata: x\n:\n\nevent:y\ndata:x\n:\n\nevent: y\rdata: x\n\nevent: y\ndata: x\n\n",
    b"data: [DONE]\n\ndata:[DONE]\n\ndata: [DONE]\ndata\n\ndata: [DONE] \n\ndata: [DONE]\n",
    // A stream as the protocol has it.
    b"event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0}\n\n\
      event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\
      \"sequence_number\":1,\"delta\":\"\xC3\xA4\\n\"}\n\n: keep-alive\n\n\
      event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":2}\n\n\
      data: [DONE]\n\n",
];
