#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/lifecycle.hpp"
#include "control/detail/presence.hpp"
#include "control/detail/runner.hpp"
#include "control/detail/views.hpp"

// What the keeper reports. A malformed message is logged and dropped: the two ends may be of
// different versions, and the show must go on.
namespace shelcaster::control::detail {

namespace json = boost::json;
using studio::ShowId;
using studio::ShowStatus;
using namespace std::chrono_literals;

namespace {

constexpr base::Duration kDeckStoreInterval = 10s;

bool is_running(const std::optional<link::ChildReport>& child) {
  return child && child->state == "RUNNING";
}

}  // namespace

void Runner::take(const link::Stopped& /*stopped*/) {
  write([](LiveShow& board) { board.sessions = {}; });
  become_stopped();
}

void Runner::take(const link::Levels& levels) {
  core_.hub.publish_live(id_, {}, link::to_json(levels), true);
}

void Runner::take(const link::Hello& hello) {
  const auto show = core_.find_show(id_);
  const bool is_wanted = show && is_up(*show);
  is_hearing_ = false;
  write([&](LiveShow& board) {
    ++board.link_number;
    board.is_connected = true;
    board.is_running = false;
    if (is_wanted) board.keeper_pid = hello.pid;
  });
  if (!is_wanted) {
    // It belongs to a show that was stopped while its keeper was away.
    is_told_to_stop_ = parts_.stages.send(id_, link::Stop{});
    return;
  }
  // What was sent on a connection that broke may not have arrived; ids make sending it again safe.
  for (Pending& pending : commands_) pending.sent_at.reset();
  // A serve that had changes only in memory, since its disk failed, died with them: the keeper has
  // seen versions that the store never had, and the mixer takes none that is older.
  const std::int64_t stored = stored_version();
  if (hello.desired_version > stored + version_lead_) {
    version_lead_ = hello.desired_version - stored + 1;
  }
  note_seated_present();
  push_desired();
  is_watched_.reset();
  core_.ports.doorbell.ring(id_, Changed::kWatchers);
  tell_supervisor();
}

void Runner::tell_watching(bool is_watched) {
  if (!live().is_connected || is_watched_ == is_watched) return;
  if (parts_.stages.send(id_, link::Watch{is_watched})) is_watched_ = is_watched;
}

void Runner::take(const link::Status& status) {
  is_hearing_ = is_running(status.mix);
  const bool now_running = is_hearing_ && is_running(status.publish);
  const bool was_running = live().is_running;
  write([&](LiveShow& board) {
    board.status = link::figures_of(status);
    board.last_heartbeat = core_.wall();
    if (auto fallback = link::fallback_of(status)) board.fallback = std::move(fallback);
    // A child that is being restarted is the keeper's business, not a reason to leave LIVE; but
    // commands wait until it is back.
    board.is_running = was_running && now_running;
  });
  if (was_running && !now_running) tell_supervisor();
  if (!now_running || (was_running && !is_unstored_)) return;
  const auto show = core_.find_show(id_);
  if (show && is_up(*show)) become_live();
}

void Runner::take(const link::SeatReport& report) {
  if (report.connection == "disconnected") forget_session(report.session_id);
  // A listener of the programme has no seat.
  if (report.participant_id.empty()) return;
  const studio::ParticipantId participant(report.participant_id);
  auto person = core_.find_participant(id_, participant);
  if (!person || person->is_kicked) return;
  const auto& seats = live().seats;
  const auto before = seats.find(participant);
  const bool was_connected = before != seats.end() && before->second.connection == "connected";
  const bool was_publishing = before != seats.end() && before->second.is_publishing;
  // The end of a session that another one has replaced says nothing about the person.
  if (report.connection == "disconnected" && before != seats.end() && !report.session_id.empty() &&
      before->second.session_id != report.session_id) {
    return;
  }
  if (person->is_past && report.connection == "disconnected") {
    write([&](LiveShow& board) { board.seats.erase(participant); });
    return;
  }
  write([&](LiveShow& board) { board.seats[participant] = report; });
  if (report.connection != "connecting") note_present(participant);
  const bool is_connected = report.connection == "connected";
  const bool is_changed = is_connected != was_connected || report.is_publishing != was_publishing;
  const bool is_by_another = is_connected && note_session(*person, report.session_id);
  const bool is_told = is_changed && may_tell_of(*person);
  if (is_changed || is_by_another) {
    (void)core_.try_commit_made([&](Change& change) {
      if (person->role == studio::Role::kCaller) change.by_callers();
      if (is_connected != was_connected || is_by_another) {
        // Anew: a desk may have changed them since.
        if (auto now = core_.find_participant(id_, participant)) person = std::move(now);
        if (is_connected) (void)note_session(*person, report.session_id);
        person->has_been_connected = person->has_been_connected || is_connected;
        // Whoever has left by their own wish, or since the show stopped, left then.
        if (is_connected) {
          person->left_at.reset();
        } else if (!person->left_at) {
          person->left_at = change.at();
        }
        change.put(*person);
      }
      if (is_told) {
        change.event(
            id_, is_connected ? "participant_connected" : "participant_disconnected",
            {{"participantId", participant.str()}, {"isPublishing", report.is_publishing}});
      }
    });
  }
  tell_seat(core_, parts_.board, *person);
}

/// A caller may connect, fall silent and go as often as they like. Desks see each time how a seat
/// is, but what happened in the show isn't pushed out of its log by that.
bool Runner::may_tell_of(const studio::Participant& person) {
  if (person.role != studio::Role::kCaller) return true;
  const base::Instant now = core_.ports.clock.now();
  const std::string network = person.networks.empty() ? std::string() : person.networks.back();
  return tells_of_one_.take(person.id.str(), now) && tells_of_network_.take(network, now);
}

/// Who only listens has a place as well, though no seat is connected: it is theirs while they do.
void Runner::take(const link::Listens& listens) {
  const auto person = core_.find_participant(id_, studio::ParticipantId(listens.participant_id));
  if (person && person->is_seated) note_present(person->id);
}

void Runner::take(const link::Sessions& sessions) {
  write([&](LiveShow& board) { board.sessions.keep_only(sessions.ids); });
  end_sessions(sessions.ids);
  // Whoever this mixer doesn't hear yet has its time to come back from now on.
  absent_since_.clear();
  note_seated_present();
  if (!sessions.is_deck_kept) play_again();
}

void Runner::take(const link::DeckReport& report) {
  const auto state = studio::parse_deck_state(report.state);
  if (!state) {
    base::log::warn("control", "{}: a malformed deck report is dropped", id_.str());
    return;
  }
  const studio::Deck before = deck();
  // By a keeper that found an old note: the disk was full when it was to be replaced.
  const std::int64_t number = report.number.value_or(0);
  if (number < before.report_number.value_or(0)) return;
  studio::Deck now;
  now.state = *state;
  now.item_id = studio::ItemId(report.item_id);
  now.title = report.title.value_or(std::string());
  now.position_ms = report.position_ms;
  now.duration_ms = report.duration_ms;
  now.report_number = number;
  if (const auto track = track_on_deck(now.item_id)) {
    now.title = track->title;
    now.artist = track->artist;
    now.album = track->album;
    now.cover = track->cover;
    // The mixer began to play it before its import knew how long it is.
    if (!now.duration_ms) now.duration_ms = track->duration_ms;
  }
  const bool is_changed = before.state != now.state || before.item_id != now.item_id;
  now.queue_item_id = before.queue_item_id;
  if (now.state == studio::DeckState::kStopped) now.queue_item_id = {};
  std::size_t queue_length = 0;
  if (is_changed) {
    const std::vector<studio::QueueItem> items = core_.queue(id_).items;
    queue_length = items.size();
    if (std::any_of(items.begin(), items.end(),
                    [&](const auto& item) { return item.id == now.item_id; })) {
      now.queue_item_id = now.item_id;
    }
  }
  write([&](LiveShow& board) { board.deck = now; });
  if (queue_length > kWindowItems) push_desired();
  const base::Instant at = core_.ports.clock.now();
  if (is_changed || !deck_stored_at_ || at - *deck_stored_at_ >= kDeckStoreInterval) {
    deck_stored_at_ = at;
    Change change = core_.change_by_system();
    // What the mixer reports is so, and nobody else knows.
    change.overwrite(id_, now);
    if (is_changed) change.event(id_, "deck_changed", deck_json(now));
    (void)core_.try_commit(change);
  }
  json::object frame = deck_json(now);
  frame["type"] = "deck";
  core_.hub.publish_live(id_, {}, frame, false);
}

void Runner::take(const link::DeckItemEnded& ended) {
  // A stopped item stays first in the queue, so that PLAY plays it again.
  studio::Queue queue = core_.queue(id_);
  const auto queued = std::find_if(queue.items.begin(), queue.items.end(), [&](const auto& item) {
    return item.id.str() == ended.item_id;
  });
  const bool is_queued = queued != queue.items.end();
  if (ended.is_repeated && (!is_queued || ended.reason == "STOP")) return;
  const studio::TrackId track_id = is_queued ? queued->track_id : studio::TrackId();
  const bool is_played = !is_queued && played_ && played_->id.str() == ended.item_id;
  const auto track = core_.find_track(is_played ? played_->track_id : track_id);
  Change change = core_.change_by_system();
  json::object data{{"itemId", ended.item_id}, {"reason", ended.reason}};
  if (!ended.error.empty()) data["error"] = ended.error;
  // To the mixer an import that ends without a sound is a track of no length.
  if (ended.reason == "END" && track && is_unheard(*track, ended.item_id)) {
    data["reason"] = "ERROR";
    data["error"] = track->error.empty() ? "nothing of it could be played" : track->error;
  }
  if (is_played && track) (void)prepare_forget_failed(core_, *track, change);
  change.event(id_, "deck_item_ended", std::move(data));
  if (ended.reason != "STOP" && queue.remove(studio::ItemId(ended.item_id))) {
    change.put(id_, queue);
    change.event(id_, "queue_changed", {{"removed", json::array{json::value(ended.item_id)}}});
    change.desire(id_);
  }
  if (!core_.try_commit(change)) return keep_unstored(ended);
  // The deck can be at the end of what a failing URL gave before its import says that it fails.
  if (is_queued && track && track->status == studio::TrackStatus::kImporting) {
    write([&](LiveShow& board) { board.left_unready.insert(track_id); });
  }
}

/// Whether the import of what the deck had has given no sound, as far as is known.
bool Runner::is_unheard(const studio::Track& track, const std::string& item_id) {
  if (track.status == studio::TrackStatus::kImporting) return !core_.is_playable(track.id);
  const auto& on_deck = live().deck;
  return track.status == studio::TrackStatus::kFailed && on_deck &&
         on_deck->item_id.str() == item_id && on_deck->position_ms == 0;
}

void Runner::take(const link::DeadAirStarted& started) {
  json::object data{{"started", started.started}};
  if (started.is_false) data["isFalse"] = *started.is_false;
  note_dead_air(started.started, "dead_air", std::move(data));
}

void Runner::take(const link::DeadAirEnded& ended) {
  json::object data{{"reason", ended.reason}};
  if (ended.lasted_ms) data["lastedMs"] = *ended.lasted_ms;
  if (ended.is_false) data["isFalse"] = *ended.is_false;
  note_dead_air({}, "dead_air_ended", std::move(data));
}

void Runner::note_dead_air(const std::string& fallback, std::string_view event, json::object data) {
  write([&](LiveShow& board) { board.fallback = fallback; });
  Change change = core_.change_by_system();
  change.event(id_, std::string(event), std::move(data));
  (void)core_.try_commit(change);
}

/// What the command did stands on the board by now: the keeper acknowledges one after the report
/// that shows it. So whoever finds the command gone finds what came of it.
void Runner::take(const link::Ack& ack) {
  const auto is_meant = [&](const Pending& pending) { return pending.stored.command.id == ack.id; };
  const auto found = std::ranges::find_if(commands_, is_meant);
  if (found == commands_.end()) return;
  Change change = core_.change_by_system();
  change.remove({store::Collection::kCommands, id_.str(), found->stored.key_id});
  if (!ack.is_ok) {
    change.event(id_, "deck_command_failed", {{"id", ack.id}, {"error", ack.error}});
  }
  if (!core_.try_commit(change)) return keep_unstored(ack);
  std::erase_if(commands_, is_meant);
}

std::optional<studio::Track> Runner::track_on_deck(const studio::ItemId& item) {
  if (item.empty()) return std::nullopt;
  if (!live().deck_item || live().deck_item->id != item) {
    std::optional<studio::QueueItem> found;
    if (played_ && played_->id == item) found = played_;
    for (const studio::QueueItem& queued : core_.queue(id_).items) {
      if (queued.id == item) found = queued;
    }
    write([&](LiveShow& board) { board.deck_item = found; });
  }
  const auto& known = live().deck_item;
  if (played_ && played_->id == item) return played_track();
  return known ? core_.find_track(known->track_id) : std::nullopt;
}

}  // namespace shelcaster::control::detail
