#include <array>
#include <cstdlib>
#include <optional>

#include "rtc/rtp/rtp_packet.hpp"

// Whatever parses lies inside the input and can be built again with the same meaning; so can its
// audio level, whatever the id.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  const base::ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const auto packet = rtc::parse_rtp(input);
  std::optional<rtc::AudioLevel> level;
  for (int id = 0; packet && id <= 255; ++id) {
    const auto value = rtc::find_extension(packet->extension, id);
    if (value && value->size() > packet->extension.data.size()) std::abort();
    const auto found = rtc::find_audio_level(packet->extension, id);
    if (found) level = found;
  }
  if (!packet || packet->payload.size() > 1400) return 0;
  std::array<std::byte, 1500> built{};
  const std::size_t built_size = rtc::build_rtp(packet->header, packet->payload, built);
  const auto again = rtc::parse_rtp(base::ByteSpan(built).first(built_size));
  if (!again || again->header.sequence != packet->header.sequence ||
      again->header.ssrc != packet->header.ssrc ||
      base::as_text(again->payload) != base::as_text(packet->payload)) {
    std::abort();
  }
  if (level) {
    const rtc::AudioLevelToSend to_send{.id = 3, .level = *level};
    const std::size_t size_with = rtc::build_rtp(packet->header, to_send, packet->payload, built);
    const auto with = rtc::parse_rtp(base::ByteSpan(built).first(size_with));
    if (!with || rtc::find_audio_level(with->extension, 3) != level ||
        base::as_text(with->payload) != base::as_text(packet->payload)) {
      std::abort();
    }
  }
  return 0;
}
