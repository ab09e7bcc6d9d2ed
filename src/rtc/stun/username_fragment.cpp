#include "rtc/stun/username_fragment.hpp"

#include "rtc/stun/stun_message.hpp"

namespace shelcaster::rtc {

std::optional<std::string_view> username_fragment(base::ByteSpan datagram) {
  const auto message = StunMessage::parse(datagram);
  if (!message || message->message_class != StunClass::kRequest || !message->username) {
    return std::nullopt;
  }
  const std::size_t colon = message->username->find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  return message->username->substr(0, colon);
}

}  // namespace shelcaster::rtc
