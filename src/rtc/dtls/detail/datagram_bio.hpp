#pragma once

#include <cstddef>
#include <deque>

#include "base/bytes.hpp"

struct bio_st;

namespace shelcaster::rtc::detail {

/// Two queues of whole datagrams behind an OpenSSL BIO. A memory BIO would merge datagrams, and a
/// DTLS record must not span two.
struct DatagramQueues {
  std::deque<base::Bytes> in;
  std::deque<base::Bytes> out;

  // A peer can fill neither: one handshake flight is a few datagrams. Beyond it they are lost,
  // which is what DTLS expects of a network.
  static constexpr std::size_t kDatagramsMax = 64;
};

/// A BIO that reads from `queues.in` and writes to `queues.out`, which must outlive it. Null when
/// OpenSSL has no memory.
bio_st* make_datagram_bio(DatagramQueues& queues);

}  // namespace shelcaster::rtc::detail
