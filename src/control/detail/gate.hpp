#pragma once

#include "control/detail/desk.hpp"
#include "control/routes.hpp"

// What stands before every handler: who asks, may they, is the body acceptable, was it asked
// before.
namespace shelcaster::control::detail {

/// Nobody when no token was sent; 401 for a bad one, 403 for somebody who was removed.
Identity identify(Core&, std::string_view bearer);
/// Of the Authorization header, else of ?token=, as the links of the first programs have it.
std::string bearer_of(const Request&);
/// Who asks for this route. A session's URL is a capability: whoever knows it is
/// asked for nothing else.
Identity asker(Core&, const Route&, const Request&);
/// Throws 401 or 403.
void require_access(const Route&, const std::vector<std::string>& params, const Identity&,
                    const Request&, const ApiConfig&);
/// Throws 413 or 415.
BodyPolicy policy_for(const Route&, const Request& head, const ApiConfig&);
/// 507 when there is no room on the disk for a body that goes to a file: of its declared length;
/// what comes without one is looked at as it comes.
void require_upload_room(const Core&, const Request& head, const BodyPolicy&);
/// Fills call.body; throws 400, 413, 415 or 422.
void read_body(const Route&, Call&, const ApiConfig&);
/// The remembered response of a request with this Idempotency-Key; sets call.answer_key otherwise.
std::optional<Response> replayed(Core&, Call&);

}  // namespace shelcaster::control::detail
