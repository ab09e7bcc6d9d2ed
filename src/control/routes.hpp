#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/detail/desk.hpp"

namespace shelcaster::control {

/// Who may call an endpoint. Whatever has a showId in its path wants a token of that show.
enum class Access {
  kPublic,       // no token needed; one that is sent must be good
  kAdmin,        // the admin
  kMetrics,      // the admin, or anybody on this machine
  kAnyHost,      // the admin, or a host of any show
  kHost,         // the admin, or a host of this show
  kInvited,      // … or who holds this show's invitation
  kParticipant,  // … or who has a seat in this show
  kDownload,     // as kHost, or who has a link to this show's recordings
  kCapability,   // the URL itself is the secret
};

enum class BodyKind { kNone, kJson, kSdp, kUpload };

/// What puts a show on the air and keeps it there is done while the disk can't be written, too.
enum class Storing { kAtOnce, kMayWait };

struct Route {
  std::string_view method;
  std::string_view pattern;  // "/shows/{showId}/start"
  Access access;
  BodyKind body;
  detail::Handler handler;
  Storing storing = Storing::kAtOnce;
};

/// Every endpoint there is.
std::span<const Route> routes();

struct RouteMatch {
  const Route* route = nullptr;  // nothing: no such method on this path
  std::vector<std::string> params;
  std::string allowed_methods;  // "GET, POST"; empty: no such path
};
RouteMatch match_route(std::string_view method, std::string_view path);

}  // namespace shelcaster::control
