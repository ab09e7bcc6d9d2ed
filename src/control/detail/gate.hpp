#pragma once

#include "control/detail/desk.hpp"
#include "control/routes.hpp"

// What stands before every handler: who asks, may they, is the body acceptable, was it asked
// before.
namespace shelcaster::control::detail {

/// Nobody when no token was sent; 401 for a bad one, 403 for somebody who was removed.
Identity identify(Core&, std::string_view bearer);
std::string_view bearer_of(const Headers&);
/// Who asks for this route, by its headers. A session's URL is a capability: whoever knows it is
/// asked for nothing else.
Identity asker(Core&, const Route&, const Headers&);
/// Throws 401 or 403.
void require_access(const Route&, const std::vector<std::string>& params, const Identity&,
                    const Request&);
/// Throws 413 or 415.
BodyPolicy policy_for(const Route&, const Request& head, const ApiConfig&);
/// Fills call.body; throws 400, 413, 415 or 422.
void read_body(const Route&, Call&, const ApiConfig&);
/// The remembered response of a request with this Idempotency-Key; sets call.answer_key otherwise.
std::optional<Response> replayed(Core&, Call&);

}  // namespace shelcaster::control::detail
