#include <algorithm>
#include <utility>

#include "control/detail/presence.hpp"
#include "control/detail/runner.hpp"

// Who has which seat, who is there, and who goes off the air since they are gone. Nobody comes back
// on the air unasked: not after they left, not after Stop, and not after a minute in which nobody
// could hear them although the mixer would have.
namespace shelcaster::control::detail {

using studio::Participant;
using studio::ParticipantId;
using namespace std::chrono_literals;

namespace {

constexpr base::Duration kLookEvery = 1s;
/// Of a person: as many devices may be asleep with a session that is none any more.
constexpr std::size_t kSessionsKept = 16;

}  // namespace

void Runner::note_present(const ParticipantId& id) {
  write([&](LiveShow& board) { board.present_at[id] = core_.wall(); });
}

void Runner::note_seated_present() {
  for (const Participant& person : core_.participants(id_)) {
    if (person.is_seated) note_present(person.id);
  }
}

void Runner::forget_present() {
  constexpr std::int64_t kAbsentMsMax = kAbsentMax / 1ms;
  const std::int64_t until = core_.wall().unix_ms() - kAbsentMsMax;
  const auto is_long_ago = [&](const auto& entry) { return entry.second.unix_ms() <= until; };
  if (std::ranges::none_of(live().present_at, is_long_ago)) return;
  write([&](LiveShow& board) { std::erase_if(board.present_at, is_long_ago); });
}

/// Whoever was moved out of the show has no seat, unless their end is yet to be told.
void Runner::look_at_people() {
  std::vector<ParticipantId> gone;
  const std::vector<Participant> people = core_.participants(id_);
  for (const auto& [id, seat] : live().seats) {
    if (seat.connection == "connected") continue;
    if (std::ranges::find(people, id, &Participant::id) == people.end()) gone.push_back(id);
  }
  for (const ParticipantId& id : gone) {
    absent_since_.erase(id);
    write([&](LiveShow& board) { board.seats.erase(id); });
  }
}

bool Runner::note_session(Participant& person, const std::string& session) {
  std::vector<std::string>& known = person.sessions;
  if (session.empty() || std::find(known.begin(), known.end(), session) != known.end()) {
    return false;
  }
  if (known.size() == kSessionsKept) known.erase(known.begin());
  if (!known.empty()) write([&](LiveShow& board) { board.replaced.add(known.back()); });
  known.push_back(session);
  return true;
}

void Runner::end_sessions(const std::vector<std::string>& except) {
  const std::map<ParticipantId, link::SeatReport> seats = live().seats;
  for (const auto& [participant, seat] : seats) {
    const bool goes_on = std::find(except.begin(), except.end(), seat.session_id) != except.end();
    if (goes_on || seat.connection == "disconnected") continue;
    link::SeatReport gone = seat;
    gone.connection = "disconnected";
    gone.is_publishing = false;
    gone.stats.reset();
    take(gone);
  }
}

void Runner::watch_absent() {
  const base::Instant now = core_.ports.clock.now();
  // Counted only while the mixer could hear them; it begins anew when it can again.
  if (!is_hearing_ || !live().is_connected) return absent_since_.clear();
  if (absent_looked_at_ && now - *absent_looked_at_ < kLookEvery) return;
  absent_looked_at_ = now;
  Change change = core_.change_by_system();
  change.let_wait();
  bool has_left = false;
  for (Participant& person : core_.participants(id_)) {
    const bool is_counted = person.role == studio::Role::kCaller && person.is_on_air &&
                            !facts(parts_.board, person).is_connected;
    if (!is_counted) {
      absent_since_.erase(person.id);
      continue;
    }
    const base::Instant since = absent_since_.try_emplace(person.id, now).first->second;
    if (now - since < kAbsentMax) continue;
    core_.commit_step(change, kActionsOfLeaving);
    prepare_leave(person, "absent", change);
    has_left = true;
  }
  if (has_left) (void)core_.try_commit(change);
}

}  // namespace shelcaster::control::detail
