#include "control/detail/runner.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "control/detail/decks.hpp"
#include "control/detail/lifecycle.hpp"

namespace shelcaster::control::detail {

using studio::ShowStatus;
using namespace std::chrono_literals;

namespace {

/// Rings may be lost.
constexpr base::Duration kLookEvery = 5s;
constexpr std::size_t kUnstoredMax = 1'024;

}  // namespace

Runner::Runner(RunnerParts parts, const studio::Show& show, Begins begins)
    : parts_(parts), core_(parts.core), id_(show.id), task_number_(show.task_number) {
  write([&](LiveShow& board) {
    board = {};
    // A keeper says when that begins and ends, and the one before can't say its end any more.
    if (begins == Begins::kWithTheShow) board.fallback = "";
    for (const studio::Participant& person : core_.participants(id_)) {
      if (person.sessions.empty()) continue;
      for (auto at = person.sessions.begin(); at != person.sessions.end() - 1; ++at) {
        board.replaced.add(*at);
      }
    }
  });
  core_.contained(id_.str(), [&] { look_at_commands(); });
  if (begins == Begins::kInTheMiddle) note_seated_present();
}

Runner::~Runner() = default;

const LiveShow& Runner::live() const {
  static const LiveShow kNothing;
  const LiveShow* found = parts_.board.find(id_);
  return found == nullptr ? kNothing : *found;
}

void Runner::tell_supervisor() { core_.ports.doorbell.ring(id_, Changed::kLink); }

void Runner::handle_ring(Changed what) {
  core_.forget_read(id_, what);
  if (what == Changed::kPeople) look_at_people();
  if (what == Changed::kCommands) look_at_commands();
  if (what == Changed::kDesired) push_desired();
}

void Runner::look_at_show(const studio::Show& show) {
  if (show.task_number != task_number_) {
    task_number_ = show.task_number;
    begin_task();
  }
  if (show.status != ShowStatus::kStopping || is_told_to_stop_) return;
  is_told_to_stop_ = parts_.stages.send(id_, link::Stop{});
}

void Runner::begin_task() {
  lose_link();
  write([](LiveShow& board) { board.fallback = ""; });
  end_sessions({});
}

/// What a ring would have told.
void Runner::look() {
  look_at_commands();
  if (stored_version() > pushed_version_) push_desired();
  const auto has_ended = [&](const studio::TrackId& id) {
    const auto track = core_.find_track(id);
    return !track || track->status != studio::TrackStatus::kImporting;
  };
  if (std::ranges::none_of(live().left_unready, has_ended)) return;
  write([&](LiveShow& board) { std::erase_if(board.left_unready, has_ended); });
}

void Runner::handle_link(const link::KeeperToServe& message) {
  try {
    std::visit([&](const auto& one) { take(one); }, message);
  } catch (const Refusal&) {
    // The store can't be read. These are told once.
    if (std::holds_alternative<link::Stopped>(message) ||
        std::holds_alternative<link::DeckItemEnded>(message) ||
        std::holds_alternative<link::Ack>(message)) {
      keep_unstored(message);
    }
    throw;
  }
}

void Runner::lose_link() {
  is_hearing_ = false;
  write([](LiveShow& board) { board.is_connected = board.is_running = false; });
}

void Runner::handle_link_closed() {
  lose_link();
  tell_supervisor();
}

void Runner::handle_stage_exit() {
  lose_link();
  write([](LiveShow& board) { board.sessions = {}; });
}

void Runner::become_live() {
  write([](LiveShow& board) { board.is_running = true; });
  // The show is on the air, on a full disk as well; the next status tries again.
  is_unstored_ = !core_.try_commit_made([&](Change& change) {
    studio::Show show = core_.show(id_);
    if (is_up(show)) prepare_live(show, change);
  });
  tell_supervisor();
  send_commands();
}

void Runner::become_stopped() {
  const auto before = core_.find_show(id_);
  if (!before || !has_runner(*before)) return;
  const auto show = commit_stopped(core_, id_);
  if (!show) return keep_unstored(link::Stopped{});
  parts_.ask.reply_all(id_, {show->status, {}});
}

void Runner::keep_unstored(link::KeeperToServe message) {
  if (unstored_.size() == kUnstoredMax) unstored_.pop_front();
  unstored_.push_back(std::move(message));
}

void Runner::retry_unstored() {
  // Each puts itself back when it can't be stored yet.
  for (std::size_t left = unstored_.size(); left > 0; --left) {
    const link::KeeperToServe message = std::move(unstored_.front());
    unstored_.pop_front();
    const std::size_t before = unstored_.size();
    core_.contained(id_.str(), [&] { handle_link(message); });
    if (unstored_.size() > before) return;
  }
}

void Runner::handle_tick() {
  const base::Instant now = core_.ports.clock.now();
  retry_unstored();
  if (!looked_at_ || now - *looked_at_ >= kLookEvery) {
    looked_at_ = now;
    core_.contained(id_.str(), [&] { look(); });
  }
  send_commands();
  forget_present();
  core_.contained(id_.str(), [&] {
    watch_absent();
    look_at_deferred();
  });
  expire_asked();
}

}  // namespace shelcaster::control::detail
