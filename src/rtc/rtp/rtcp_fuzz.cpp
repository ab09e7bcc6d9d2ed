#include <array>
#include <cstdlib>

#include "rtc/rtp/rtcp.hpp"

// Whatever parses has no more blocks than there is room for, and its first block survives a
// rebuild.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  const base::ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const auto report = rtc::parse_rtcp(input);
  if (!report) return 0;
  if (report->block_count > rtc::RtcpReport::kBlocksMax) std::abort();
  if (report->block_count == 0) return 0;

  std::array<std::byte, 1500> built{};
  const std::size_t built_size = rtc::build_rtcp({.sender_ssrc = report->sender_ssrc,
                                                  .sender_info = report->sender_info,
                                                  .block = report->blocks[0],
                                                  .cname = "fuzz"},
                                                 built);
  const auto again = rtc::parse_rtcp(base::ByteSpan(built).first(built_size));
  if (!again || again->block_count != 1 || again->sender_ssrc != report->sender_ssrc ||
      again->blocks[0].cumulative_lost != report->blocks[0].cumulative_lost) {
    std::abort();
  }
  return 0;
}
