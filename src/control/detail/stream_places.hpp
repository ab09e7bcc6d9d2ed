#pragma once

#include <string_view>

#include "control/detail/desk.hpp"

// Who may have one more event stream of a show. Desks have a tenth of the places to themselves; no
// network has more than a quarter of the callers', however many seats it has joined with.
namespace shelcaster::control::detail {

/// Throws 503 when there is none. Where callers have no place left, a stream gives way to one of
/// somebody worth more: who was moved out of the show first, then who has never connected, and of
/// these the largest crowd from one network. `address`: the client's, without port.
void require_stream_place(Desk&, const studio::ShowId&, const Identity&, std::string_view address);

/// One person's pages, and those of connections that are lost and not yet missed.
inline constexpr std::size_t kStreamsOfCallerMax = 8;
inline constexpr std::size_t kStreamsOfHostMax = 32;

}  // namespace shelcaster::control::detail
