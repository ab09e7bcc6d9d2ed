#include "control/detail/presence.hpp"

#include <cstdlib>
#include <optional>
#include <utility>

namespace shelcaster::control::detail {

namespace json = boost::json;
using studio::Participant;
using namespace std::chrono_literals;

namespace {

/// From an offer to a connection.
constexpr base::Duration kConnectingMax = 15s;
/// A page asks each 10 s.
constexpr base::Duration kWaitingMax = 25s;

/// Clocks of two machines differ a little, and one may have been set back.
bool is_within(std::optional<base::WallTime> at, base::Duration limit, base::WallTime now) {
  return at && std::chrono::milliseconds(std::abs(now.unix_ms() - at->unix_ms())) < limit;
}

}  // namespace

studio::ParticipantFacts facts(const LiveBoard& board, const Participant& person) {
  studio::ParticipantFacts known;
  known.has_been_connected = person.has_been_connected;
  known.is_muted = person.controls.is_muted;
  known.is_on_air = person.is_on_air;
  known.has_been_on_air = person.has_been_on_air;
  // Whatever the mixer last said of them: their session is closed, and its end isn't listened to.
  if (person.is_kicked) return known;
  if (const LiveShow* show = board.find(person.show_id); show != nullptr) {
    if (const auto seat = show->seats.find(person.id); seat != show->seats.end()) {
      known.is_connected = seat->second.connection == "connected";
      known.is_publishing = known.is_connected && seat->second.is_publishing;
    }
  }
  return known;
}

bool is_here(const Core& core, const LiveBoard& board, const Participant& person) {
  if (facts(board, person).is_connected) return true;
  if (person.role == studio::Role::kCaller && person.is_on_air) return true;
  if (!person.is_seated) return false;
  const LiveShow* show = board.find(person.show_id);
  if (show == nullptr) return false;
  const auto found = show->present_at.find(person.id);
  if (found == show->present_at.end()) return false;
  return is_within(found->second, person.has_been_connected ? kAbsentMax : kConnectingMax,
                   core.wall());
}

bool is_connecting(const Core& core, const LiveBoard& board, const Participant& person) {
  return is_here(core, board, person) && !person.has_been_connected && !person.is_on_air &&
         !facts(board, person).is_connected;
}

bool is_waiting(const Core& core, const LiveBoard& board, const Participant& person) {
  return !person.is_past && !facts(board, person).is_connected &&
         is_within(board.asked_at(person.id), kWaitingMax, core.wall());
}

bool note_asked(const Core& core, LiveBoard& board, const Participant& person) {
  const bool waited = is_waiting(core, board, person);
  board.note_asked(person.show_id, person.id, core.wall());
  return !waited && is_waiting(core, board, person);
}

void tell_seat(Core& core, const LiveBoard& board, const Participant& person) {
  link::SeatReport report{person.id.str(), "", "disconnected", false, {}};
  if (const LiveShow* show = board.find(person.show_id); show != nullptr) {
    const auto seat = show->seats.find(person.id);
    if (seat != show->seats.end()) report = seat->second;
  }
  json::object frame = link::to_json(report);
  frame["state"] = studio::to_string(studio::state_of(facts(board, person)));
  frame["isOnAir"] = person.is_on_air;
  frame["waiting"] = is_waiting(core, board, person);
  core.hub.publish_live(person.show_id, person.id, frame, false);
}

void tell_no_longer_waiting(Core& core, LiveBoard& board) {
  constexpr std::int64_t kWaitingMsMax = kWaitingMax / 1ms;
  const auto until = base::WallTime::from_unix_ms(core.wall().unix_ms() - kWaitingMsMax);
  for (const auto& one : board.forget_asked(until)) {
    core.contained(one.first.str(), [&] {
      const auto person = core.find_participant(one.first, one.second);
      if (person && !person->is_past) tell_seat(core, board, *person);
    });
  }
}

void prepare_leave(Participant& person, std::string_view why, Change& change) {
  const bool goes_off_air = person.role == studio::Role::kCaller && person.is_on_air;
  if (person.is_seated) change.desire(person.show_id);
  if (goes_off_air) {
    person.is_on_air = false;
    change.desire(person.show_id);
  }
  if (!person.left_at) person.left_at = change.at();
  change.put(person);
  change.event(person.show_id, "participant_left",
               {{"participantId", person.id.str()}, {"reason", why}});
  if (goes_off_air) {
    change.event(person.show_id, "participant_off_air",
                 {{"participantId", person.id.str()}, {"isOnAir", false}});
  }
}

}  // namespace shelcaster::control::detail
