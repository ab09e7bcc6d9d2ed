#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "output/rtmp/rtmp_session.hpp"

// What a destination answers: the first byte says in what pieces it comes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  if (size == 0) return 0;
  base::SeededRandom random(1);
  output::RtmpSession session(output::parse_rtmp_url("rtmp://me:pass@h/a/k").value(), "", random);
  const std::size_t piece = 1 + data[0];
  base::ByteSpan rest = std::as_bytes(std::span(data + 1, size - 1));
  // The handshake has nothing to parse but its version.
  base::Bytes greeting(1 + 2 * 1536, std::byte{0});
  greeting[0] = std::byte{3};
  if (session.handle_bytes(greeting)) return 0;
  while (!rest.empty()) {
    const base::ByteSpan part = rest.first(std::min(piece, rest.size()));
    rest = rest.subspan(part.size());
    if (session.handle_bytes(part)) break;
    if (session.is_live()) session.send_audio(part, 0);
    (void)session.take_output();
    (void)session.acknowledged();
  }
  return 0;
}
