#include "control/routes.hpp"

#include "control/detail/handlers.hpp"
#include "control/urls.hpp"

namespace shelcaster::control {

using namespace detail;

std::span<const Route> routes() {
  using enum Access;
  using enum BodyKind;
  using enum Storing;
  static constexpr Route kRoutes[] = {
      {"GET", "/healthz", kPublic, kNone, healthz},
      {"GET", "/metrics", kMetrics, kNone, metrics},

      {"POST", "/shows", kAdmin, kJson, shows_create},
      {"GET", "/shows", kAnyHost, kNone, shows_list},
      {"GET", "/shows/{showId}", kHost, kNone, shows_get},
      {"PATCH", "/shows/{showId}", kHost, kJson, shows_patch},
      {"DELETE", "/shows/{showId}", kAdmin, kNone, shows_delete},
      {"GET", "/shows/{showId}/public", kPublic, kNone, shows_public},
      {"GET", "/shows/{showId}/me", kParticipant, kNone, shows_me},
      {"PATCH", "/shows/{showId}/me", kParticipant, kJson, shows_me_patch, kMayWait},

      {"POST", "/shows/{showId}/start", kHost, kJson, shows_start, kMayWait},
      {"POST", "/shows/{showId}/stop", kHost, kJson, shows_stop, kMayWait},
      {"GET", "/shows/{showId}/status", kHost, kNone, shows_status},
      {"GET", "/shows/{showId}/health", kHost, kNone, shows_health},
      {"POST", "/shows/{showId}/composition/start", kHost, kJson, composition_start, kMayWait},
      {"POST", "/shows/{showId}/composition/stop", kHost, kJson, composition_stop, kMayWait},
      {"GET", "/shows/{showId}/composition/health", kHost, kNone, composition_health},
      {"POST", "/shows/{showId}/start-composition", kHost, kJson, composition_start, kMayWait},
      {"POST", "/shows/{showId}/stop-composition", kHost, kJson, composition_stop, kMayWait},
      {"GET", "/shows/{showId}/composition-status", kHost, kNone, composition_status},

      {"GET", "/shows/{showId}/links", kHost, kNone, links_get},
      {"POST", "/shows/{showId}/links/rotate", kHost, kJson, links_rotate},
      {"DELETE", "/shows/{showId}/bans", kHost, kNone, bans_lift},
      {"POST", "/shows/{showId}/join", kInvited, kJson, join, kMayWait},
      {"POST", "/shows/{showId}/caller-tokens", kHost, kJson, caller_tokens_create, kMayWait},
      {"POST", "/shows/{showId}/host-tokens", kHost, kJson, host_tokens_create, kMayWait},

      {"GET", "/shows/{showId}/participants", kHost, kNone, participants_list},
      {"PATCH", "/shows/{showId}/participants/{participantId}", kHost, kJson, participants_patch,
       kMayWait},
      {"DELETE", "/shows/{showId}/participants/{participantId}/name", kHost, kNone,
       participants_erase_name},
      {"POST", "/shows/{showId}/participants/{participantId}/kick", kHost, kJson, participants_kick,
       kMayWait},
      {"POST", "/shows/{showId}/participants/{participantId}/leave", kParticipant, kJson,
       participants_leave, kMayWait},
      {"POST", "/shows/{showId}/participants/{participantId}/toggle-on-air", kHost, kJson,
       participants_toggle, kMayWait},
      {"POST", "/shows/{showId}/callers/{callerId}/toggle-on-air", kHost, kJson,
       participants_toggle, kMayWait},

      {"GET", "/shows/{showId}/audio-routing", kHost, kNone, routing_get},
      {"PUT", "/shows/{showId}/audio-routing", kHost, kJson, routing_put, kMayWait},
      {"POST", "/shows/{showId}/audio-routing/reset", kHost, kJson, routing_reset, kMayWait},

      {"POST", "/shows/{showId}/silence", kHost, kJson, silence_declare, kMayWait},

      {"GET", "/shows/{showId}/deck", kHost, kNone, deck_get},
      {"POST", "/shows/{showId}/deck/commands", kHost, kJson, deck_command, kMayWait},
      {"GET", "/shows/{showId}/queue", kHost, kNone, queue_get},
      {"PUT", "/shows/{showId}/queue", kHost, kJson, queue_put, kMayWait},
      {"POST", "/shows/{showId}/queue", kHost, kJson, queue_add, kMayWait},
      {"DELETE", "/shows/{showId}/queue/{itemId}", kHost, kNone, queue_remove, kMayWait},

      {"GET", "/shows/{showId}/outputs", kHost, kNone, outputs_get},
      {"PUT", "/shows/{showId}/outputs/rtmp", kHost, kJson, outputs_put_rtmp},
      {"DELETE", "/shows/{showId}/outputs/rtmp", kHost, kNone, outputs_delete_rtmp},

      {"GET", "/shows/{showId}/recordings", kHost, kNone, recordings_list},
      {"GET", "/shows/{showId}/recordings/{recordingId}/{file}", kDownload, kNone,
       recordings_download},
      {"DELETE", "/shows/{showId}/recordings/{recordingId}", kHost, kNone, recordings_delete},

      {"GET", "/shows/{showId}/events", kParticipant, kNone, events_list},

      {"POST", "/tracks", kAnyHost, kUpload, tracks_create},
      {"GET", "/tracks", kAnyHost, kNone, tracks_list},
      {"GET", "/tracks/{trackId}", kAnyHost, kNone, tracks_get},
      {"PATCH", "/tracks/{trackId}", kAnyHost, kJson, tracks_patch},
      {"DELETE", "/tracks/{trackId}", kAnyHost, kNone, tracks_delete},

      {"POST", "/tracklists", kAnyHost, kJson, tracklists_create},
      {"GET", "/tracklists", kAnyHost, kNone, tracklists_list},
      {"GET", "/tracklists/{tracklistId}", kAnyHost, kNone, tracklists_get},
      {"PATCH", "/tracklists/{tracklistId}", kAnyHost, kJson, tracklists_patch},
      {"DELETE", "/tracklists/{tracklistId}", kAnyHost, kNone, tracklists_delete},
      {"PUT", "/tracklists/{tracklistId}/tracks", kAnyHost, kJson, tracklists_put_tracks},

      {"POST", "/sessions", kAnyHost, kJson, sessions_create},
      {"GET", "/sessions/{sessionId}", kAnyHost, kNone, sessions_get},
      {"DELETE", "/sessions/{sessionId}", kAnyHost, kNone, sessions_delete},
      {"POST", "/sessions/{sessionId}/program/commands", kAnyHost, kJson, program_command},

      {"POST", "/whip/{showId}", kParticipant, kSdp, whip_offer},
      {"PATCH", "/whip/{showId}/{sessionId}", kCapability, kSdp, session_patch},
      {"DELETE", "/whip/{showId}/{sessionId}", kCapability, kNone, session_delete},
      {"GET", "/whip/{showId}/{sessionId}", kCapability, kNone, session_get},
      {"POST", "/whep/{showId}", kPublic, kSdp, whep_offer},
      {"PATCH", "/whep/{showId}/{sessionId}", kCapability, kSdp, session_patch},
      {"DELETE", "/whep/{showId}/{sessionId}", kCapability, kNone, session_delete},
      {"GET", "/whep/{showId}/{sessionId}", kCapability, kNone, session_get},
  };
  return kRoutes;
}

namespace {

constexpr std::size_t kSegmentBytesMax = 200;

/// The parameters when the path fits the pattern.
std::optional<std::vector<std::string>> fit(std::string_view pattern, std::string_view path) {
  std::vector<std::string> params;
  while (!pattern.empty() && !path.empty()) {
    if (pattern.front() != '/' || path.front() != '/') return std::nullopt;
    pattern.remove_prefix(1);
    path.remove_prefix(1);
    const std::string_view want = pattern.substr(0, pattern.find('/'));
    const std::string_view have = path.substr(0, path.find('/'));
    if (want.starts_with('{')) {
      // Before it is decoded, which is done for each pattern that begins like the path.
      if (have.size() > 3 * kSegmentBytesMax) return std::nullopt;
      const auto decoded = percent_decoded(have);
      if (!decoded || decoded->empty() || decoded->size() > kSegmentBytesMax) return std::nullopt;
      params.push_back(*decoded);
    } else if (want != have) {
      return std::nullopt;
    }
    pattern.remove_prefix(want.size());
    path.remove_prefix(have.size());
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return params;
}

}  // namespace

RouteMatch match_route(std::string_view method, std::string_view path) {
  RouteMatch match;
  for (const Route& route : routes()) {
    auto params = fit(route.pattern, path);
    if (!params) continue;
    if (!match.allowed_methods.empty()) match.allowed_methods += ", ";
    match.allowed_methods += route.method;
    if (route.method == method) {
      match.route = &route;
      match.params = std::move(*params);
    }
  }
  return match;
}

}  // namespace shelcaster::control
