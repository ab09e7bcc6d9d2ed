#include "rtc/stun/username_fragment.hpp"

#include "rtc/stun/detail/stun_wire.hpp"
#include "rtc/stun/stun_message.hpp"

namespace shelcaster::rtc {
namespace {

/// An ICE agent puts USERNAME first; others have a few attributes before it.
constexpr int kAttributesLookedAtMax = 16;
constexpr std::uint16_t kBindingRequest = 0x0001;

}  // namespace

std::optional<std::string_view> username_fragment(base::ByteSpan datagram) {
  const auto message = StunMessage::parse(datagram);
  if (!message || message->message_class != StunClass::kRequest || !message->username) {
    return std::nullopt;
  }
  const std::size_t colon = message->username->find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  return message->username->substr(0, colon);
}

std::string_view peek_username_fragment(base::ByteSpan datagram) noexcept {
  base::ByteReader reader(datagram);
  const std::uint16_t type = reader.u16();
  const std::size_t length = reader.u16();
  const std::uint32_t cookie = reader.u32();
  reader.skip(sizeof(StunTransactionId));
  if (!reader.ok() || type != kBindingRequest || cookie != detail::kStunMagicCookie ||
      length != reader.remaining()) {
    return {};
  }
  for (int i = 0; i < kAttributesLookedAtMax && reader.remaining() > 0; ++i) {
    const std::uint16_t attribute = reader.u16();
    const std::size_t size = reader.u16();
    const base::ByteSpan value = reader.take(size);
    reader.skip((4 - size % 4) % 4);
    if (!reader.ok()) return {};
    if (attribute == detail::kAttrMessageIntegrity) return {};
    if (attribute != detail::kAttrUsername) continue;
    const std::string_view name = base::as_text(value);
    const std::size_t colon = name.find(':');
    return colon == std::string_view::npos ? std::string_view{} : name.substr(0, colon);
  }
  return {};
}

}  // namespace shelcaster::rtc
