#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.hpp"

namespace shelcaster::rtc {

/// The local ufrag of a STUN Binding request: what stands before the colon in USERNAME (RFC 8445
/// section 7.2.2). For routing a first datagram to its Transport; nothing is authenticated here.
/// The view points into `datagram`. Empty for anything else than a well-formed request.
std::optional<std::string_view> username_fragment(base::ByteSpan datagram);

/// The same for the audio thread: it looks at no more than the header and the first attributes, and
/// never allocates. Empty for anything that can't be a Binding request of ICE; what it names is not
/// therefore well-formed.
[[nodiscard]] std::string_view peek_username_fragment(base::ByteSpan datagram) noexcept;

}  // namespace shelcaster::rtc
