#include "control/detail/show_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;
using studio::ShowId;
using studio::ShowStatus;
using namespace std::chrono_literals;

namespace {

constexpr int kFailuresMax = 3;  // of keepers in a row; with one more the show is in ERROR
// A keeper whose show ran for so long didn't end for what it is, but for what was done to it.
constexpr base::Duration kSteady = 1s;
constexpr base::Duration kStoreRetry = 2s;
constexpr std::size_t kUnstoredMax = 1'024;
constexpr std::string_view kPlayedId = "PLAYED";
constexpr base::Duration kCommandResend = 2s;

void move_to(studio::Show& show, ShowStatus to, base::WallTime at) {
  const auto next = studio::transition(show.status, to);
  if (!next) {
    json::array allowed;
    for (const ShowStatus status : studio::allowed_after(show.status)) {
      allowed.emplace_back(studio::to_string(status));
    }
    throw Refusal{{409, next.error().message, {}, {{"allowed", std::move(allowed)}}}};
  }
  show.status = *next;
  show.updated_at = at;
}

}  // namespace

namespace {

store::Key played_key(const ShowId& id) {
  return {store::Collection::kDecks, id.str(), std::string(kPlayedId)};
}

std::optional<studio::QueueItem> stored_played(Core& core, const ShowId& id) {
  const auto document = core.ports.store.get(played_key(id));
  if (!document || !*document) return std::nullopt;
  const json::value* item = (*document)->body.if_contains("itemId");
  const json::value* track = (*document)->body.if_contains("trackId");
  if (item == nullptr || track == nullptr || !item->is_string() || !track->is_string()) {
    return std::nullopt;
  }
  return studio::QueueItem{studio::ItemId(std::string(item->get_string())),
                           studio::TrackId(std::string(track->get_string()))};
}

}  // namespace

ShowRunner::ShowRunner(Core& core) : core_(core) {
  core_.on_desired = [this](const ShowId& show) { push_desired(show); };
}

LiveShow& ShowRunner::live(const ShowId& id) {
  const auto found = live_.find(id);
  if (found != live_.end()) return found->second;
  LiveShow& show = live_[id];
  show.played = stored_played(core_, id);
  const auto commands = core_.ports.store.list(store::Collection::kCommands, id.str());
  if (!commands) return show;
  for (const store::Document& document : *commands) {
    const auto command = link::parse_command(document.body);
    if (command) show.commands.push_back({document.key.id, command->id, document.body, {}});
  }
  return show;
}

const LiveShow* ShowRunner::find_live(const ShowId& id) const {
  const auto found = live_.find(id);
  return found == live_.end() ? nullptr : &found->second;
}

studio::Deck ShowRunner::deck(const ShowId& id) {
  const LiveShow* show = find_live(id);
  if (show != nullptr && show->deck) return *show->deck;
  return core_.stored_deck(id);
}

studio::ParticipantFacts ShowRunner::facts(const studio::Participant& person) const {
  studio::ParticipantFacts facts;
  facts.has_been_connected = person.has_been_connected;
  facts.is_muted = person.is_muted;
  facts.is_on_air = person.is_on_air;
  facts.has_been_on_air = person.has_been_on_air;
  // Whatever the mixer last said of them: their session is closed, and its end isn't listened to.
  if (person.is_kicked) return facts;
  if (const LiveShow* show = find_live(person.show_id); show != nullptr) {
    if (const auto seat = show->seats.find(person.id); seat != show->seats.end()) {
      facts.is_connected = seat->second.connection == "connected";
      facts.is_publishing = facts.is_connected && seat->second.is_publishing;
    }
  }
  return facts;
}

void ShowRunner::prepare_start(studio::Show& show, Change& change) {
  move_to(show, ShowStatus::kStarting, change.at());
  show.composition_status = studio::CompositionStatus::kStarting;
  ++show.task_number;
  show.error.clear();
  change.put(show);
  change.event(show.id, "show_starting", {{"taskNumber", show.task_number}});
  // The show's own tracklist is what it plays, unless somebody has queued something already.
  studio::Queue queue = core_.queue(show.id);
  if (!queue.items.empty() || show.tracklist_id.empty()) return;
  const auto list = core_.find_tracklist(show.tracklist_id);
  if (!list) return;
  for (const studio::TrackId& track : list->track_ids) {
    queue.items.push_back({studio::ItemId(core_.new_id("item")), track});
  }
  change.put(show.id, queue);
}

void ShowRunner::launch(const studio::Show& show) { launch(show, false); }

void ShowRunner::launch(const studio::Show& show, bool is_resumed) {
  LiveShow& running = live(show.id);
  running.is_running = false;
  running.running_since.reset();
  // A keeper says when that begins and ends, and the one before can't say its end any more.
  running.fallback = "";
  running.deadline = core_.ports.clock.now() + core_.config.start_timeout;
  ++core_.counters["shelcaster_launches_total"];
  const auto launched = core_.ports.stages.launch({show.id, show.title, is_resumed});
  if (launched) return;
  fail(show, launched.error().message);
  refuse(503, "the show's processes couldn't be started: " + launched.error().message);
}

void ShowRunner::prepare_stop(studio::Show& show, Change& change) {
  move_to(show, ShowStatus::kStopping, change.at());
  change.put(show);
  change.event(show.id, "show_stopping");
}

void ShowRunner::send_stop(const ShowId& id) {
  LiveShow& running = live(id);
  running.deadline = core_.ports.clock.now() + core_.config.stop_timeout;
  (void)core_.ports.stages.send(id, link::stop());
}

void ShowRunner::when_stopped(const ShowId& id, Respond respond) {
  live(id).stop_waiters.push_back(std::move(respond));
}

void ShowRunner::forget(const ShowId& id) { live_.erase(id); }

void ShowRunner::drop_commands(const ShowId& id, Change& change) {
  LiveShow& running = live(id);
  for (const auto& command : running.commands) {
    change.remove({store::Collection::kCommands, id.str(), command.key_id});
  }
  running.commands.clear();
}

void ShowRunner::become_live(studio::Show show) {
  Change change = core_.change_by_system();
  if (show.status == ShowStatus::kStarting) {
    move_to(show, ShowStatus::kLive, change.at());
    change.event(show.id, "show_live");
  }
  show.composition_status = studio::CompositionStatus::kRunning;
  change.put(show);
  LiveShow& running = live(show.id);
  running.deadline.reset();
  if (!running.is_running) running.running_since = core_.ports.clock.now();
  running.is_running = true;
  // The show is on the air, on a full disk as well; the next status tries again.
  running.is_unstored = !core_.try_commit(change);
  send_commands(show.id);
}

void ShowRunner::become_stopped(studio::Show show) {
  Change change = core_.change_by_system();
  if (show.status == ShowStatus::kStarting || show.status == ShowStatus::kLive) {
    move_to(show, ShowStatus::kStopping, change.at());
  }
  if (show.status == ShowStatus::kStopping) {
    move_to(show, ShowStatus::kStopped, change.at());
    show.composition_status = studio::CompositionStatus::kStopped;
    change.put(show);
    studio::Deck deck = core_.stored_deck(show.id);
    deck.state = studio::DeckState::kStopped;
    change.put(show.id, deck);
    drop_commands(show.id, change);
    change.event(show.id, "show_stopped");
    if (!core_.try_commit(change)) {
      live(show.id).deadline = core_.ports.clock.now() + kStoreRetry;
      return;
    }
  }
  std::vector<Respond> waiters = std::move(live(show.id).stop_waiters);
  live_.erase(show.id);
  for (const Respond& respond : waiters) {
    respond(json_response(200, {{"status", studio::to_string(show.status)}}));
  }
}

void ShowRunner::fail(studio::Show show, const std::string& why) {
  base::log::warn("control", "{} failed: {}", show.id.str(), why);
  Change change = core_.change_by_system();
  move_to(show, ShowStatus::kError, change.at());
  show.composition_status = studio::CompositionStatus::kStopped;
  show.error = why;
  change.put(show);
  drop_commands(show.id, change);
  change.event(show.id, "show_error", {{"error", why}});
  (void)core_.try_commit(change);
  core_.ports.stages.kill(show.id);
  std::vector<Respond> waiters = std::move(live(show.id).stop_waiters);
  live_.erase(show.id);
  for (const Respond& respond : waiters) respond(to_response({502, why}));
}

void ShowRunner::relaunch(const studio::Show& show) {
  LiveShow& running = live(show.id);
  const base::Instant now = core_.ports.clock.now();
  const bool was_steady = running.running_since && now - *running.running_since >= kSteady;
  running.failures = was_steady ? 0 : running.failures + 1;
  if (running.failures > kFailuresMax) {
    fail(show, fmt::format("the show's processes ended {} times in a row before they ran",
                           running.failures));
    return;
  }
  end_sessions(show.id, {});
  studio::Show again = show;
  Change change = core_.change_by_system();
  ++again.task_number;
  again.composition_status = studio::CompositionStatus::kStarting;
  change.put(again);
  change.event(show.id, "composition_relaunched", {{"taskNumber", again.task_number}});
  (void)core_.try_commit(change);
  try {
    launch(again, true);
  } catch (const Refusal&) {
    // launch() has made the show ERROR and said why.
  }
}

void ShowRunner::recover() {
  const base::Instant now = core_.ports.clock.now();
  for (const studio::Show& show : core_.shows()) {
    const bool is_up = show.status == ShowStatus::kStarting || show.status == ShowStatus::kLive;
    if (!is_up && show.status != ShowStatus::kStopping) continue;
    LiveShow& running = live(show.id);
    if (core_.ports.stages.find(show.id)) {
      running.deadline = now + core_.config.redial_timeout;
    } else if (show.status == ShowStatus::kLive) {
      // Whatever ended it ended the last control plane too: it is no failure of the show's own.
      running.running_since = now - kSteady;
      relaunch(show);
    } else if (show.status == ShowStatus::kStarting) {
      try {
        launch(show);
      } catch (const Refusal&) {
        // launch() has made the show ERROR and said why.
      }
    } else {
      become_stopped(show);
    }
  }
}

void ShowRunner::expire(const ShowId& id, LiveShow& running) {
  running.deadline.reset();
  const auto show = core_.find_show(id);
  if (!show) {
    core_.ports.stages.kill(id);
    live_.erase(id);
    return;
  }
  switch (show->status) {
    case ShowStatus::kStopping:
      core_.ports.stages.kill(id);
      become_stopped(*show);
      return;
    case ShowStatus::kStarting:
      fail(*show, "the show's processes didn't come up in time");
      return;
    case ShowStatus::kLive:
      // The keeper hasn't dialled back, or a relaunched one hasn't come up.
      core_.ports.stages.kill(id);
      relaunch(*show);
      return;
    case ShowStatus::kCreating:
    case ShowStatus::kStopped:
    case ShowStatus::kError:
      live_.erase(id);
      return;
  }
}

void ShowRunner::keep_unstored(const ShowId& id, const json::object& message) {
  if (unstored_.size() == kUnstoredMax) unstored_.pop_front();
  unstored_.emplace_back(id, message);
}

void ShowRunner::retry_unstored() {
  // Each puts itself back when it can't be stored yet.
  for (std::size_t left = unstored_.size(); left > 0; --left) {
    const auto [id, message] = std::move(unstored_.front());
    unstored_.pop_front();
    const std::size_t before = unstored_.size();
    handle_link(id, message);
    if (unstored_.size() > before) return;
  }
}

void ShowRunner::handle_tick() {
  const base::Instant now = core_.ports.clock.now();
  retry_unstored();
  std::vector<ShowId> due;
  for (auto& [id, running] : live_) {
    if (running.deadline && *running.deadline <= now) due.push_back(id);
    if (running.is_running && running.is_connected) resend_commands(id, running);
  }
  for (const ShowId& id : due) expire(id, live_.at(id));
  tell_watching();
}

void ShowRunner::tell_watching() {
  const std::set<ShowId> watched = core_.hub.shows_at_desks();
  for (auto& [id, running] : live_) {
    const bool is_watched = watched.contains(id);
    if (!running.is_connected || running.is_watched == is_watched) continue;
    if (!core_.ports.stages.send(id, link::to_json(link::Watch{is_watched}))) continue;
    running.is_watched = is_watched;
  }
}

LiveShow::PendingCommand ShowRunner::prepare_command(const ShowId& id, const link::Command& command,
                                                     Change& change) {
  // Ordered by when it was given: the number of the event that it makes.
  const std::string key_id = fmt::format("{:012}-{}", core_.last_event(id) + 1, command.id);
  json::object message = link::to_json(command);
  change.put({store::Collection::kCommands, id.str(), key_id}, message);
  return {key_id, command.id, std::move(message), {}};
}

void ShowRunner::enqueue(const ShowId& id, LiveShow::PendingCommand command) {
  live(id).commands.push_back(std::move(command));
  send_commands(id);
}

void ShowRunner::send_commands(const ShowId& id) {
  LiveShow& running = live(id);
  if (running.is_running && running.is_connected) resend_commands(id, running);
}

void ShowRunner::resend_commands(const ShowId& id, LiveShow& running) {
  const base::Instant now = core_.ports.clock.now();
  for (auto& command : running.commands) {
    if (command.sent_at && now - *command.sent_at < kCommandResend) continue;
    if (!core_.ports.stages.send(id, command.message)) return;
    command.sent_at = now;
  }
}

studio::ItemId ShowRunner::skipped_by_next(const ShowId& id) {
  // What is stored may be older than the last skip that was done.
  const LiveShow* running = find_live(id);
  if (running == nullptr || (!running->deck && running->status.empty())) {
    throw Refusal{{503,
                   "what plays is not known until the show's stage is found again: try again",
                   {},
                   {},
                   {{"Retry-After", "1"}}}};
  }
  const std::vector<studio::QueueItem> items = core_.queue(id).items;
  studio::ItemId plays = deck(id).item_id;
  // What is still on its way to the mixer comes before it.
  for (const auto& pending : live(id).commands) {
    const auto command = link::parse_command(pending.message);
    if (!command) continue;
    const studio::ItemId named(command->item_id);
    if (command->command == "DECK_STOP") plays = {};
    if (command->command == "DECK_PLAY" && command->item) {
      plays = studio::ItemId(command->item->item_id);
    } else if (command->command == "DECK_PLAY" && !named.empty()) {
      plays = named;
    } else if (command->command == "DECK_PLAY" && plays.empty() && !items.empty()) {
      plays = items.front().id;
    } else if (command->command == "DECK_SKIP" && named == plays) {
      // One that has left the queue already was its first.
      auto next = std::find_if(items.begin(), items.end(),
                               [&](const auto& item) { return item.id == plays; });
      next = next == items.end() ? items.begin() : next + 1;
      plays = next == items.end() ? studio::ItemId() : next->id;
    }
  }
  return plays;
}

void ShowRunner::prepare_played(const ShowId& id, const studio::QueueItem& item, Change& change) {
  change.put(played_key(id), {{"itemId", item.id.str()}, {"trackId", item.track_id.str()}});
}

void ShowRunner::note_played(const ShowId& id, const studio::QueueItem& item) {
  live(id).played = item;
}

std::optional<studio::QueueItem> ShowRunner::find_item(const ShowId& id,
                                                       const studio::TrackId& track) {
  for (const studio::QueueItem& item : core_.queue(id).items) {
    if (item.track_id == track) return item;
  }
  const LiveShow* show = find_live(id);
  if (show != nullptr && show->played && show->played->track_id == track) return show->played;
  return std::nullopt;
}

bool ShowRunner::take_left_unready(const ShowId& id, const studio::TrackId& track) {
  const auto found = live_.find(id);
  return found != live_.end() && found->second.left_unready.erase(track) > 0;
}

void ShowRunner::skip_unheard(const ShowId& id, const studio::QueueItem& item) {
  const LiveShow* show = find_live(id);
  if (show == nullptr || !show->is_running) return;
  if (show->deck && show->deck->item_id == item.id && show->deck->position_ms > 0) return;
  link::Command skip;
  skip.id = core_.new_id("cmd");
  skip.command = "DECK_SKIP";
  skip.item_id = item.id.str();
  Change change = core_.change_by_system();
  LiveShow::PendingCommand pending = prepare_command(id, skip, change);
  core_.commit(change);
  enqueue(id, std::move(pending));
}

std::optional<std::int64_t> ShowRunner::duration_of(const ShowId& id, const studio::ItemId& item) {
  const LiveShow* show = find_live(id);
  studio::TrackId track_id;
  if (show != nullptr && show->played && show->played->id == item) {
    track_id = show->played->track_id;
  }
  for (const studio::QueueItem& queued : core_.queue(id).items) {
    if (queued.id == item) track_id = queued.track_id;
  }
  if (track_id.empty()) return std::nullopt;
  const auto track = core_.find_track(track_id);
  return track ? track->duration_ms : std::nullopt;
}

void ShowRunner::play_again(const ShowId& id) {
  LiveShow& running = live(id);
  if (!running.deck || !running.played || running.deck->item_id != running.played->id ||
      running.deck->state != studio::DeckState::kPlaying) {
    return;
  }
  const auto track = core_.find_track(running.played->track_id);
  if (!track || track->status == studio::TrackStatus::kFailed) return;
  link::Command play;
  play.id = core_.new_id("cmd");
  play.command = "DECK_PLAY";
  play.item = item_of(running.played->id, *track);
  play.position_ms = running.deck->position_ms;
  // Before all that was commanded since: it makes good what the deck had done already.
  LiveShow::PendingCommand pending{
      fmt::format("{:012}-{}", 0, play.id), play.id, link::to_json(play), {}};
  Change change = core_.change_by_system();
  change.put({store::Collection::kCommands, id.str(), pending.key_id}, pending.message);
  (void)core_.try_commit(change);
  running.commands.insert(running.commands.begin(), std::move(pending));
  send_commands(id);
}

link::QueueItem ShowRunner::item_of(const studio::ItemId& item, const studio::Track& track) const {
  return {item.str(),    track.id.str(),    core_.ports.media.ready_path(track.id).string(),
          track.gain_db, track.duration_ms, track.title};
}

std::int64_t ShowRunner::stored_version(const ShowId& id) const {
  const auto version = core_.ports.store.get({store::Collection::kDesired, id.str(), "DESIRED"});
  return version && *version ? (*version)->version : 0;
}

void ShowRunner::push_desired(const ShowId& id) {
  LiveShow& running = live(id);
  if (!running.is_connected) return;
  const studio::Show show = core_.show(id);
  link::Desired desired;
  desired.version = stored_version(id) + running.version_lead;
  desired.show_id = id.str();
  desired.title = show.title;
  const studio::AudioRouting r = core_.routing(id);
  desired.routing = {r.tracklist_volume,       r.host_volume,
                     r.callers_volume,         r.master_volume,
                     r.compression.is_enabled, r.compression.threshold_db,
                     r.compression.ratio,      r.limiter.is_enabled,
                     r.limiter.ceiling_db};
  for (const studio::Participant& person : core_.participants(id)) {
    if (person.is_kicked) continue;
    desired.seats.push_back({person.id.str(), std::string(studio::to_string(person.role)),
                             person.is_on_air, person.volume, person.is_muted});
  }
  for (const studio::QueueItem& item : core_.queue(id).items) {
    const auto track = core_.find_track(item.track_id);
    if (!track || track->status == studio::TrackStatus::kFailed) continue;
    desired.queue.push_back(item_of(item.id, *track));
  }
  const studio::Deck on_deck = deck(id);
  desired.deck = {on_deck.item_id.str(), on_deck.position_ms,
                  std::string(studio::to_string(on_deck.state)), on_deck.report_number.value_or(0)};
  for (const studio::Output& output : core_.outputs(id)) {
    std::string url = output.url;
    if (!output.stream_key.empty()) {
      if (!url.ends_with('/')) url += '/';
      url += output.stream_key;
    }
    desired.outputs.push_back({output.id, std::move(url)});
  }
  desired.dead_air = {.after_ms = core_.config.dead_air_after_s * 1'000,
                      .threshold_db = static_cast<double>(core_.config.dead_air_threshold_db),
                      .has_bed = core_.config.has_standby_bed,
                      .silence_until_ms = core_.silence_until_ms(id)};
  (void)core_.ports.stages.send(id, link::to_json(desired));
}

}  // namespace shelcaster::control::detail
