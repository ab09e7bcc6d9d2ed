#include "studio/lifecycle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace shelcaster::studio {

std::string_view to_string(ShowStatus status) {
  switch (status) {
    case ShowStatus::kCreating:
      return "CREATING";
    case ShowStatus::kStarting:
      return "STARTING";
    case ShowStatus::kLive:
      return "LIVE";
    case ShowStatus::kStopping:
      return "STOPPING";
    case ShowStatus::kStopped:
      return "STOPPED";
    case ShowStatus::kError:
      return "ERROR";
  }
  std::abort();
}

std::optional<ShowStatus> parse_show_status(std::string_view text) {
  for (const ShowStatus status : kShowStatuses) {
    if (to_string(status) == text) return status;
  }
  return std::nullopt;
}

std::span<const ShowStatus> allowed_after(ShowStatus from) {
  using enum ShowStatus;
  static constexpr std::array kAfterCreating = {kStarting, kError};
  static constexpr std::array kAfterStarting = {kLive, kStopping, kError};
  static constexpr std::array kAfterLive = {kStopping, kError};
  static constexpr std::array kAfterStopping = {kStopped, kError};
  static constexpr std::array kAfterStopped = {kStarting};
  static constexpr std::array kAfterError = {kStarting};
  switch (from) {
    case kCreating:
      return kAfterCreating;
    case kStarting:
      return kAfterStarting;
    case kLive:
      return kAfterLive;
    case kStopping:
      return kAfterStopping;
    case kStopped:
      return kAfterStopped;
    case kError:
      return kAfterError;
  }
  std::abort();
}

bool may_follow(ShowStatus from, ShowStatus to) {
  const auto allowed = allowed_after(from);
  return std::find(allowed.begin(), allowed.end(), to) != allowed.end();
}

base::Result<ShowStatus> transition(ShowStatus from, ShowStatus to) {
  if (may_follow(from, to)) return to;
  std::string allowed;
  for (const ShowStatus status : allowed_after(from)) {
    if (!allowed.empty()) allowed += ", ";
    allowed += to_string(status);
  }
  return base::fail(fmt::format("a show that is {} can't become {}; allowed: {}", to_string(from),
                                to_string(to), allowed));
}

std::string_view to_string(ParticipantState state) {
  switch (state) {
    case ParticipantState::kJoining:
      return "JOINING";
    case ParticipantState::kConnected:
      return "CONNECTED";
    case ParticipantState::kPublishing:
      return "PUBLISHING";
    case ParticipantState::kOnAir:
      return "ON_AIR";
    case ParticipantState::kDisconnected:
      return "DISCONNECTED";
    case ParticipantState::kMuted:
      return "MUTED";
    case ParticipantState::kOffAir:
      return "OFF_AIR";
  }
  std::abort();
}

std::span<const ParticipantState> allowed_after(ParticipantState from) {
  using enum ParticipantState;
  static constexpr std::array kAfterJoining = {kConnected};
  // Somebody who comes back publishes from where they were: on air, muted or off air.
  static constexpr std::array kAfterConnected = {kPublishing, kOnAir, kMuted, kOffAir,
                                                 kDisconnected};
  static constexpr std::array kAfterPublishing = {kOnAir, kMuted, kConnected, kDisconnected};
  static constexpr std::array kAfterOnAir = {kOffAir, kMuted, kConnected, kDisconnected};
  static constexpr std::array kAfterDisconnected = {kConnected};
  static constexpr std::array kAfterMuted = {kPublishing, kOnAir, kOffAir, kConnected,
                                             kDisconnected};
  static constexpr std::array kAfterOffAir = {kOnAir, kMuted, kConnected, kDisconnected};
  switch (from) {
    case kJoining:
      return kAfterJoining;
    case kConnected:
      return kAfterConnected;
    case kPublishing:
      return kAfterPublishing;
    case kOnAir:
      return kAfterOnAir;
    case kDisconnected:
      return kAfterDisconnected;
    case kMuted:
      return kAfterMuted;
    case kOffAir:
      return kAfterOffAir;
  }
  std::abort();
}

ParticipantState state_of(const ParticipantFacts& facts) {
  if (!facts.is_connected) {
    return facts.has_been_connected ? ParticipantState::kDisconnected : ParticipantState::kJoining;
  }
  if (!facts.is_publishing) return ParticipantState::kConnected;
  if (facts.is_muted) return ParticipantState::kMuted;
  if (facts.is_on_air) return ParticipantState::kOnAir;
  return facts.has_been_on_air ? ParticipantState::kOffAir : ParticipantState::kPublishing;
}

ParticipantFacts apply(ParticipantFacts facts, ParticipantEvent event) {
  switch (event) {
    case ParticipantEvent::kConnect:
      facts.is_connected = true;
      facts.has_been_connected = true;
      break;
    case ParticipantEvent::kPublish:
      facts.is_publishing = facts.is_connected;
      break;
    case ParticipantEvent::kUnpublish:
      facts.is_publishing = false;
      break;
    case ParticipantEvent::kDisconnect:
      facts.is_connected = false;
      facts.is_publishing = false;
      break;
    case ParticipantEvent::kPutOnAir:
      facts.is_on_air = true;
      facts.has_been_on_air = true;
      break;
    case ParticipantEvent::kTakeOffAir:
      facts.is_on_air = false;
      break;
    case ParticipantEvent::kMute:
      facts.is_muted = true;
      break;
    case ParticipantEvent::kUnmute:
      facts.is_muted = false;
      break;
  }
  return facts;
}

std::string_view to_string(CompositionStatus status) {
  switch (status) {
    case CompositionStatus::kStarting:
      return "STARTING";
    case CompositionStatus::kRunning:
      return "RUNNING";
    case CompositionStatus::kStopped:
      return "STOPPED";
  }
  std::abort();
}

std::optional<CompositionStatus> parse_composition_status(std::string_view text) {
  using enum CompositionStatus;
  for (const CompositionStatus status : {kStarting, kRunning, kStopped}) {
    if (to_string(status) == text) return status;
  }
  return std::nullopt;
}

}  // namespace shelcaster::studio
