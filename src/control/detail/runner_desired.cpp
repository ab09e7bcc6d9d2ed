#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "control/detail/decks.hpp"
#include "control/detail/figures.hpp"
#include "control/detail/runner.hpp"
#include "link/frame.hpp"

// What a keeper is told of a show: its whole desired state.
namespace shelcaster::control::detail {

std::int64_t Runner::stored_version() {
  const auto& version = core_.peek({store::Collection::kDesired, id_.str(), "DESIRED"});
  return version ? version->version : 0;
}

const std::vector<link::QueueItem>& Runner::window() {
  const std::uint64_t version = core_.music_version();
  const studio::Deck on_deck = deck();
  const studio::ItemId over = on_deck.queue_item_id;
  if (window_ && window_->music_version == version && window_->plays_over == over &&
      commands_.empty() && window_->plays == on_deck.item_id) {
    return window_->items;
  }
  const std::vector<studio::QueueItem> items = core_.queue(id_).items;
  Window made{version, plays_next(on_deck, waiting(), items), over, {}};
  const auto place_of = [&](const studio::ItemId& wanted) {
    return std::find_if(items.begin(), items.end(),
                        [&](const auto& item) { return item.id == wanted; });
  };
  auto from = place_of(made.plays);
  // What is on the deck without being queued goes back to the queue where it had been.
  if (from == items.end() && !made.plays.empty()) from = place_of(over);
  if (from == items.end()) from = items.begin();
  const auto add = [&](const studio::QueueItem& item) {
    const auto track = core_.find_track_for(id_, item.track_id);
    if (!track || track->status == studio::TrackStatus::kFailed) return;
    made.items.push_back(item_of(core_, item.id, *track));
  };
  // One that fits is known whole: PLAY may name what stands before the one that plays.
  if (items.size() <= kWindowItems) from = items.begin();
  // The first of all, too: a deck that has come to the end of the queue begins with it.
  for (auto at = items.begin(); at != from && made.items.empty(); ++at) add(*at);
  for (auto at = from; at != items.end() && made.items.size() < kWindowItems; ++at) add(*at);
  window_ = std::move(made);
  return window_->items;
}

void Runner::push_desired() {
  // One without a keeper is told when that says hello.
  if (!live().is_connected) return;
  core_.fetch(id_, {Part::kShow, Part::kDesired, Part::kRouting, Part::kSilence, Part::kPeople,
                    Part::kOutputs});
  const studio::Show show = core_.show(id_);
  link::Desired desired;
  const std::int64_t version = stored_version();
  desired.version = version + version_lead_;
  desired.show_id = id_.str();
  desired.title = show.title;
  desired.routing = core_.routing(id_);
  for (const studio::Participant& person : core_.participants(id_)) {
    if (person.is_kicked || !person.is_seated) continue;
    desired.seats.push_back({person.id.str(), std::string(studio::to_string(person.role)),
                             person.is_on_air, person.controls});
  }
  desired.queue = window();
  if (played_) {
    const auto track = played_track();
    if (track) desired.played = item_of(core_, played_->id, *track);
  }
  const studio::Deck on_deck = deck();
  desired.deck = {on_deck.item_id.str(), on_deck.position_ms,
                  std::string(studio::to_string(on_deck.state)), on_deck.report_number.value_or(0)};
  for (const studio::Output& output : core_.outputs(id_)) {
    link::OutputTarget& target = desired.outputs.emplace_back();
    target.id = output.id;
    target.url = output.url;
    if (!output.stream_key.empty()) {
      if (!target.url.ends_with('/')) target.url += '/';
      target.key_at = static_cast<std::int64_t>(target.url.size());
      target.url += output.stream_key;
    }
    target.allow_private = output.allow_private || core_.config.allow_private_destinations;
    target.revision = output.revision;
    target.is_constant_rate = output.is_constant_rate;
  }
  // Behind the others: a publisher of an earlier version takes the first, and knows no recording.
  if (core_.config.has_recording) {
    link::OutputTarget& target = desired.outputs.emplace_back();
    target.id = kRecordingOutput;
    target.kind = "recording";
    target.recording = {.has_flac = core_.config.has_flac_recording,
                        .reserve_mib = core_.config.recording_reserve_mib,
                        .reserve_mib_min = core_.config.recording_reserve_mib_min};
  }
  desired.dead_air = {.after_ms = core_.config.dead_air_after_s * 1'000,
                      .threshold_db = static_cast<double>(core_.config.dead_air_threshold_db),
                      .has_bed = core_.config.has_standby_bed,
                      .silence_until_ms = core_.silence_until_ms(id_)};
  desired.listeners = {.per_show = static_cast<int>(core_.config.listeners_max),
                       .per_source = static_cast<int>(core_.config.listeners_per_address_max)};
  if (!link::fits_frame(link::to_json(desired))) {
    pushed_version_ = version;
    return report_oversized(show);
  }
  if (!live().state_problem.empty()) write([](LiveShow& board) { board.state_problem.clear(); });
  if (parts_.stages.send(id_, desired)) pushed_version_ = version;
}

void Runner::report_oversized(const studio::Show& show) {
  const std::string why =
      "the mixer can't be told what is wanted: the show's state is too large; shorten the titles "
      "of what is in its queue";
  if (!live().state_problem.empty()) return;
  write([&](LiveShow& board) { board.state_problem = why; });
  base::log::error("control", "{}: {}", show.id.str(), why);
  Change change = core_.change_by_system();
  change.event(show.id, "desired_state_refused", {{"error", why}});
  (void)core_.try_commit(change);
  // A show can't start so.
  tell_supervisor();
}

}  // namespace shelcaster::control::detail
