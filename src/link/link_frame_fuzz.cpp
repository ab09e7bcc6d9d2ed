#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "link/frame.hpp"

// Feeds a stream in chunks whose sizes come from the input: whatever the cut, the reader gives
// objects that survive a round trip, or an error that stays.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  base::ByteSpan input = std::as_bytes(std::span(data, size));
  link::FrameReader reader;
  while (!input.empty()) {
    const std::size_t chunk =
        std::min<std::size_t>(input.size(), 1 + std::to_integer<std::size_t>(input.front()) % 64);
    reader.feed(input.first(chunk));
    input = input.subspan(chunk);
    for (;;) {
      const auto next = reader.next();
      if (!next) {
        if (reader.next().has_value()) std::abort();
        return 0;
      }
      if (!next->has_value()) break;
      link::FrameReader again;
      const std::string frame = *link::write_frame(**next);
      again.feed(std::as_bytes(std::span(frame.data(), frame.size())));
      if (!again.next()->has_value()) std::abort();
    }
  }
  return 0;
}
