#include <cstdlib>

#include "rtc/stun/stun_message.hpp"
#include "rtc/stun/username_fragment.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  const base::ByteSpan bytes = std::as_bytes(std::span(data, size));
  if (const auto message = rtc::StunMessage::parse(bytes)) {
    (void)message->verify_integrity("password");
  }
  // What the full parser takes for a request with a name, the short look must name the same.
  const auto full = rtc::username_fragment(bytes);
  const std::string_view peeked = rtc::peek_username_fragment(bytes);
  if (!peeked.empty() && full && *full != peeked) std::abort();
  return 0;
}
