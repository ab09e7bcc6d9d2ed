#include <array>
#include <cstdlib>

#include "rtc/rtp/rtp_packet.hpp"

// Whatever parses lies inside the input and can be built again with the same meaning.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  const base::ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const auto packet = rtc::parse_rtp(input);
  if (!packet || packet->payload.size() > 1400) return 0;
  std::array<std::byte, 1500> built{};
  const std::size_t built_size = rtc::build_rtp(packet->header, packet->payload, built);
  const auto again = rtc::parse_rtp(base::ByteSpan(built).first(built_size));
  if (!again || again->header.sequence != packet->header.sequence ||
      again->header.ssrc != packet->header.ssrc ||
      base::as_text(again->payload) != base::as_text(packet->payload)) {
    std::abort();
  }
  return 0;
}
