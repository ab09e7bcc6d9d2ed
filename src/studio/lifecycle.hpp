#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace shelcaster::studio {

/// CREATING → STARTING → LIVE → STOPPING → STOPPED, with ERROR beside STARTING and STOPPING.
/// Besides the seed's arrows: a stopped or failed show may start again, a starting one may be
/// stopped, and a live one fails when its composition can't be kept running.
enum class ShowStatus { kCreating, kStarting, kLive, kStopping, kStopped, kError };
inline constexpr std::array kShowStatuses = {ShowStatus::kCreating, ShowStatus::kStarting,
                                             ShowStatus::kLive,     ShowStatus::kStopping,
                                             ShowStatus::kStopped,  ShowStatus::kError};

std::string_view to_string(ShowStatus);
std::optional<ShowStatus> parse_show_status(std::string_view);

/// What may follow, in the order of the lifecycle.
std::span<const ShowStatus> allowed_after(ShowStatus);
bool may_follow(ShowStatus from, ShowStatus to);
/// `to`, or an error that names both states and lists what is allowed.
base::Result<ShowStatus> transition(ShowStatus from, ShowStatus to);

/// JOINING → CONNECTED → PUBLISHING → ON_AIR, with DISCONNECTED, MUTED and OFF_AIR beside them.
enum class ParticipantState {
  kJoining,
  kConnected,
  kPublishing,
  kOnAir,
  kDisconnected,
  kMuted,
  kOffAir
};
inline constexpr std::array kParticipantStates = {
    ParticipantState::kJoining, ParticipantState::kConnected,    ParticipantState::kPublishing,
    ParticipantState::kOnAir,   ParticipantState::kDisconnected, ParticipantState::kMuted,
    ParticipantState::kOffAir};

std::string_view to_string(ParticipantState);
std::span<const ParticipantState> allowed_after(ParticipantState);

/// What is known of a person. The state is a view of these facts, so that it can't contradict them:
/// somebody put on air while their connection is away is on air again when it is back.
struct ParticipantFacts {
  bool has_been_connected = false;
  bool is_connected = false;
  bool is_publishing = false;
  bool is_muted = false;
  bool is_on_air = false;
  bool has_been_on_air = false;
};
ParticipantState state_of(const ParticipantFacts&);

/// What can happen to a person; the tests walk every state with every one of these.
enum class ParticipantEvent {
  kConnect,
  kPublish,
  kUnpublish,
  kDisconnect,
  kPutOnAir,
  kTakeOffAir,
  kMute,
  kUnmute
};
ParticipantFacts apply(ParticipantFacts, ParticipantEvent);

/// The composition service's status in the seed's table.
enum class CompositionStatus { kStarting, kRunning, kStopped };
std::string_view to_string(CompositionStatus);
std::optional<CompositionStatus> parse_composition_status(std::string_view);

}  // namespace shelcaster::studio
