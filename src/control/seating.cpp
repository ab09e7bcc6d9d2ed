#include "control/detail/seating.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "control/detail/presence.hpp"

namespace shelcaster::control::detail {

using namespace std::chrono_literals;
using studio::Participant;

namespace {

constexpr std::int64_t kLeftLongAgoMs = std::int64_t{10} * 60 * 1000;
constexpr std::int64_t kInvitedLongAgoMs = std::int64_t{24} * 3600 * 1000;
constexpr base::Duration kSweepEvery = 10s;
/// Out of one place and into the other.
constexpr std::size_t kActionsOfMoving = 2;

/// Who goes first when somebody else needs the place.
enum class Worth {
  kRemoved,    // kicked
  kCameNever,  // by the link, and has neither connected nor waits
  kWentAway,
  kInvitedLong,  // by name, a while ago, and never came
  kHostAway,
  kInACrowd,  // waits or connects, by the link, with more from one network than the newcomer has
              // there
  kWaits,     // these two only for who is invited by name
  kInvited,
  kConnects,  // by the link, for the first time
  kStays
};

/// All but the owner's and a tenth.
std::size_t places_for_the_link(std::size_t places) {
  const std::size_t kept = 1 + std::max<std::size_t>(places / 10, 1);
  return places > kept ? places - kept : 1;
}

bool is_by_link(const Participant& person) {
  return person.role == studio::Role::kCaller && !person.is_invited_by_name;
}

Worth worth_of(Desk& desk, const studio::Show& show, const Participant& person) {
  if (person.is_kicked) return Worth::kRemoved;
  if (person.id == show.host_user_id) return Worth::kStays;
  if (is_by_link(person) && is_connecting(desk.core, desk.board, person)) return Worth::kConnects;
  if (is_here(desk.core, desk.board, person)) return Worth::kStays;
  if (person.role == studio::Role::kHost && person.has_been_connected) return Worth::kHostAway;
  if (is_waiting(desk.core, desk.board, person)) return Worth::kWaits;
  if (person.has_been_connected) return Worth::kWentAway;
  if (is_by_link(person)) return Worth::kCameNever;
  const std::int64_t age_ms = desk.core.wall().unix_ms() - person.joined_at.unix_ms();
  return age_ms > kLeftLongAgoMs ? Worth::kInvitedLong : Worth::kInvited;
}

bool may_be_of_a_crowd(Worth worth) { return worth == Worth::kWaits || worth == Worth::kConnects; }

/// How many wait or connect, by network, of those who came by the link. To wait and to make offers
/// costs nothing, so that one computer could do it for everybody's places: where there are none
/// left, the largest crowd gives way.
using Crowds = std::map<std::string, std::int64_t>;

std::string network_of(const Participant& person) {
  return person.networks.empty() ? std::string() : person.networks.back();
}

Crowds crowds_of(Desk& desk, const studio::Show& show, const std::vector<Participant>& people) {
  Crowds crowds;
  for (const Participant& person : people) {
    if (!is_by_link(person) || !may_be_of_a_crowd(worth_of(desk, show, person))) continue;
    ++crowds[network_of(person)];
  }
  return crowds;
}

Newcomer newcomer_of(const Participant& person) {
  return {is_by_link(person) ? Invitation::kByLink : Invitation::kByName, network_of(person)};
}

/// A step of its own where many are: each of them is gone, whoever comes or doesn't.
void move_out(Desk& desk, Participant& person, Change& change) {
  desk.core.commit_step(change, kActionsOfMoving);
  if (person.is_seated) change.desire(person.show_id);
  person.is_seated = person.is_self_muted = false;
  if (person.role == studio::Role::kCaller) person.is_on_air = false;
  change.move(person, /*to_past=*/true);
}

/// Moves out the one who is worth least, if there is one who may go.
bool move_one_out(Desk& desk, const studio::Show& show, std::vector<Participant>& people,
                  const Newcomer& newcomer, bool only_by_link, Change& change) {
  const bool is_named = newcomer.invitation == Invitation::kByName;
  const Worth worth_max = is_named ? Worth::kInvited : Worth::kInACrowd;
  const Crowds crowds = crowds_of(desk, show, people);
  const auto crowd_of = [&](const std::string& network) {
    const auto found = crowds.find(network);
    return found == crowds.end() ? 0 : found->second;
  };
  auto least = people.end();
  // Of equals, who went or came first; of a crowd, who came last.
  std::tuple<Worth, std::int64_t, std::int64_t> least_worth{Worth::kStays, 0, 0};
  for (auto at = people.begin(); at != people.end(); ++at) {
    if (only_by_link && !is_by_link(*at)) continue;
    std::tuple worth{worth_of(desk, show, *at), std::int64_t{0},
                     at->left_at.value_or(at->joined_at).unix_ms()};
    const std::int64_t crowd = crowd_of(network_of(*at));
    if (may_be_of_a_crowd(std::get<Worth>(worth)) && is_by_link(*at) &&
        crowd > crowd_of(newcomer.network) + 1) {
      worth = {Worth::kInACrowd, -crowd, -at->joined_at.unix_ms()};
    }
    if (std::get<Worth>(worth) > worth_max) continue;
    if (least != people.end() && worth >= least_worth) continue;
    least = at;
    least_worth = worth;
  }
  if (least == people.end()) return false;
  move_out(desk, *least, change);
  people.erase(least);
  return true;
}

/// Whether somebody is to be moved out though nobody needs the place.
bool is_gone(Desk& desk, const studio::Show& show, const Participant& person) {
  const std::int64_t now_ms = desk.core.wall().unix_ms();
  const auto is_older = [&](base::WallTime at, std::int64_t age_ms) {
    return now_ms - at.unix_ms() > age_ms;
  };
  switch (worth_of(desk, show, person)) {
    case Worth::kRemoved:
    case Worth::kWentAway:
    case Worth::kHostAway:
    case Worth::kCameNever:
      return is_older(person.left_at.value_or(person.joined_at), kLeftLongAgoMs);
    case Worth::kInvitedLong:
      return is_older(person.joined_at, kInvitedLongAgoMs);
    case Worth::kInACrowd:
    case Worth::kWaits:
    case Worth::kInvited:
    case Worth::kConnects:
    case Worth::kStays:
      return false;
  }
  return false;
}

}  // namespace

void make_room(Desk& desk, const studio::Show& show, const Newcomer& newcomer, Change& change) {
  const std::size_t places = desk.core.config.participants_max;
  const std::size_t for_the_link = places_for_the_link(places);
  std::vector<Participant> people = desk.core.participants(show.id);
  const auto count_by_link = [&] {
    return static_cast<std::size_t>(std::count_if(people.begin(), people.end(), is_by_link));
  };
  for (;;) {
    const bool is_link_full =
        newcomer.invitation == Invitation::kByLink && count_by_link() >= for_the_link;
    if (people.size() < places && !is_link_full) return;
    if (move_one_out(desk, show, people, newcomer, is_link_full, change)) continue;
    refuse(409, fmt::format("the show is full: {} people are in it{}", people.size(),
                            is_link_full ? "; a host can still invite somebody by name" : ""));
  }
}

void take_place(Desk& desk, const studio::Show& show, const studio::ParticipantId& id) {
  Participant person = desk.core.participant(show.id, id);
  if (person.is_seated && !person.is_past) return;
  Change change = desk.core.change_by_system();
  if (person.role == studio::Role::kCaller) change.by_callers();
  if (person.is_past) make_room(desk, show, newcomer_of(person), change);
  person.is_seated = true;
  change.move(person, /*to_past=*/false);
  change.desire(show.id);
  change.let_wait();
  desk.core.commit(change);
}

void note_waiting(Desk& desk, const studio::Show& show, Participant& person) {
  if (person.role != studio::Role::kCaller) return;
  if (person.is_past) {
    Change change = desk.core.change_by_system();
    change.by_callers();
    try {
      make_room(desk, show, newcomer_of(person), change);
    } catch (const Refusal&) {
      return;  // there is no place now: their page asks again
    }
    change.move(person, /*to_past=*/false);
    if (!desk.core.try_commit(change)) return;
  }
  if (note_asked(desk.core, desk.board, person)) tell_seat(desk.core, desk.board, person);
}

void SeatSweep::handle_tick(Desk& desk) {
  const base::Instant now = desk.core.ports.clock.now();
  tell_no_longer_waiting(desk.core, desk.board);
  if (swept_at_ && now - *swept_at_ < kSweepEvery) return;
  swept_at_ = now;
  for (const studio::ShowId& id : desk.board.shows()) {
    const auto show = desk.core.find_show(id);
    if (!show) continue;
    Change change = desk.core.change_by_system();
    change.let_wait();
    bool has_moved = false;
    for (Participant& person : desk.core.participants(id)) {
      if (!is_gone(desk, *show, person)) continue;
      move_out(desk, person, change);
      has_moved = true;
    }
    if (has_moved) (void)desk.core.try_commit(change);
  }
}

}  // namespace shelcaster::control::detail
