#include "rtc/stun/stun_message.hpp"
#include "rtc/stun/username_fragment.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  const base::ByteSpan bytes = std::as_bytes(std::span(data, size));
  if (const auto message = rtc::StunMessage::parse(bytes)) {
    (void)message->verify_integrity("password");
  }
  (void)rtc::username_fragment(bytes);
  return 0;
}
