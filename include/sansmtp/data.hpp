// The content of a message as DATA carries it [RFC 5321 2.3.8, 4.1.1.4, 4.5.2].
//
// Only CRLF.CRLF ends the content, where the CRLF of the DATA command counts as the first one: a CR or LF apart neither
// ends a line nor begins one. The decoder passes them on and flags them; the encoder never sends them. Both look at
// each octet once, hold back two octets at most, and give the same however the stream is cut.
//
//   while (!in.empty()) {                   // not "until all is consumed": a step may give octets and consume none
//       const step s = decoder.next(in);
//       use(s.bytes);
//       in.remove_prefix(s.consumed);
//       if (s.end) break;                   // what is left of `in` is not content
//   }
//
// The same in one call: `for_each_slice(in, use)`, or `decode` and `encode` into a buffer. They are faster where slices
// are short; `next_joined` is so for who reads into a buffer of their own.
#pragma once

#include "data_decoder.hpp"
#include "data_encoder.hpp"
