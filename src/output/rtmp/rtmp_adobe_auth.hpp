#pragma once

#include <string>
#include <string_view>

#include "output/rtmp/rtmp_address.hpp"

namespace shelcaster::output {

/// Adobe's challenge for user and password, as media servers ask for it in the description of a
/// refused `connect` ("…code=403 need auth; authmod=adobe", then "…?reason=needauth&user=…&salt=…&
/// challenge=…&opaque=…"): the app to ask for next, in a new connection. `app`: the one that was
/// refused. Empty: no challenge, or one that was answered already. Its MD5 is the protocol's.
std::string adobe_auth_app(const RtmpAddress& address, std::string_view app,
                           std::string_view description);

}  // namespace shelcaster::output
