#include <cstdint>
#include <cstdlib>

#include "rtc/sdp/make_answer.hpp"

// Whatever parses must give an answer that parses again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)rtc::parse_answer(text);
  const auto offer = rtc::parse_offer(text);
  if (!offer) return 0;
  rtc::LocalDescription local;
  local.ice = {"abcdefgh", "abcdefghijklmnopqrstuvwx"};
  local.host_candidates = {net::Endpoint::v4({127, 0, 0, 1}, 9000)};
  const rtc::MadeAnswer made = rtc::make_answer(*offer, local);
  if (made.sdp.size() <= rtc::kSdpBytesMax && !rtc::parse_answer(made.sdp)) std::abort();
  return 0;
}
