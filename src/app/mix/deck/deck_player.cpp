#include "app/mix/deck/deck_player.hpp"

#include <fmt/format.h>

#include <string_view>

#include "link/deck_rules.hpp"

namespace shelcaster::app {
namespace {

constexpr std::int64_t kFramesPerMs = base::kSampleRate / 1000;

std::string_view name_of(mixer::DeckState state) {
  switch (state) {
    case mixer::DeckState::kStopped:
      return "STOPPED";
    case mixer::DeckState::kPlaying:
      return "PLAYING";
    case mixer::DeckState::kPaused:
      return "PAUSED";
  }
  return "STOPPED";
}

std::string_view name_of(mixer::EndReason reason) {
  switch (reason) {
    case mixer::EndReason::kEnd:
      return "END";
    case mixer::EndReason::kSkip:
      return "SKIP";
    case mixer::EndReason::kStop:
      return "STOP";
    case mixer::EndReason::kError:
      return "ERROR";
  }
  return "ERROR";
}

}  // namespace

base::Result<void> DeckPlayer::command(const link::Command& command) {
  const link::DeckRule* rule = link::find_rule(command);
  if (rule == nullptr) {
    return base::fail(fmt::format("command: unknown deck command \"{}\"", command.command));
  }
  switch (rule->verb) {
    case link::DeckVerb::kPlay:
      return play(command);
    case link::DeckVerb::kPause:
      pause();
      return {};
    case link::DeckVerb::kStop:
      stop();
      return {};
    case link::DeckVerb::kSkip:
      return skip(command);
    case link::DeckVerb::kSeek:
      return seek(command);
  }
  return {};
}

void DeckPlayer::pause() {
  if (asked_state_ != mixer::DeckState::kPlaying) return;
  asked_state_ = mixer::DeckState::kPaused;
  send(mixer::DeckPause{});
}

void DeckPlayer::stop() {
  asked_ = mixer::kNoItem;
  asked_state_ = mixer::DeckState::kStopped;
  send(mixer::DeckStop{});
}

base::Result<void> DeckPlayer::skip(const link::Command& command) {
  if (!command.item_id.empty() && !plays(command.item_id)) return {};
  if (asked_ == mixer::kNoItem) return base::fail("nothing plays that could be skipped");
  asked_ = playlist_.follow(asked_);
  if (asked_ == mixer::kNoItem) asked_state_ = mixer::DeckState::kStopped;
  send(mixer::DeckSkip{.next = asked_, .position = playlist_.start_of(asked_)});
  return {};
}

bool DeckPlayer::plays(std::string_view item_id) const {
  const auto item = playlist_.find(asked_);
  return item && item->item_id == item_id;
}

base::Result<void> DeckPlayer::play(const link::Command& command) {
  const std::int64_t position_ms = command.position_ms.value_or(0);
  if (!command.item_id.empty()) {
    // One further down a long queue comes along with its command.
    const auto queued = playlist_.find_queued(command.item_id);
    if (!queued && !command.item) return base::fail("itemId: this item is not in the queue");
    start(queued ? *queued : *command.item, position_ms, false);
    return {};
  }
  if (command.item) {
    start_over_queue(*command.item, command.over_item_id, position_ms);
    return {};
  }
  if (asked_state_ == mixer::DeckState::kPlaying) return {};
  if (asked_state_ == mixer::DeckState::kPaused) {
    asked_state_ = mixer::DeckState::kPlaying;
    send(mixer::DeckResume{});
    return {};
  }
  const auto first = playlist_.first();
  if (!first) return base::fail("the queue is empty: add a track first");
  start(*first, position_ms, false);
  return {};
}

base::Result<void> DeckPlayer::seek(const link::Command& command) {
  if (!command.position_ms || *command.position_ms < 0) {
    return base::fail("positionMs: must be 0 or more");
  }
  const std::int64_t position_ms = *command.position_ms;
  if (asked_ == mixer::kNoItem) return base::fail("nothing plays that could be sought in");
  const auto item = playlist_.find(asked_);
  if (item && item->duration_ms && position_ms > *item->duration_ms) {
    return base::fail(fmt::format("positionMs: the track is {} ms long", *item->duration_ms));
  }
  send(mixer::DeckSeek{position_ms * kFramesPerMs});
  return {};
}

/// What isn't queued gives the deck back to the queue that plays now, or did by the last mixer.
void DeckPlayer::start_over_queue(const link::QueueItem& item, const std::string& over_item_id,
                                  std::int64_t position_ms) {
  if (!over_item_id.empty()) {
    asked_ = playlist_.begin_over(item, over_item_id);
  } else if (asked_state_ == mixer::DeckState::kPlaying) {
    const std::int64_t reached =
        status_.item == asked_ ? status_.position : playlist_.start_of(asked_);
    asked_ = playlist_.begin_over(item, asked_, reached);
  } else {
    asked_ = playlist_.begin(item);
  }
  asked_state_ = mixer::DeckState::kPlaying;
  send(mixer::DeckPlay{.item = asked_, .position = position_ms * kFramesPerMs, .paused = false});
}

void DeckPlayer::start(const link::QueueItem& item, std::int64_t position_ms, bool is_paused) {
  asked_ = playlist_.begin(item);
  asked_state_ = is_paused ? mixer::DeckState::kPaused : mixer::DeckState::kPlaying;
  send(
      mixer::DeckPlay{.item = asked_, .position = position_ms * kFramesPerMs, .paused = is_paused});
}

void DeckPlayer::resume(const link::DeckHint& hint) {
  if (asked_ != mixer::kNoItem || hint.item_id.empty() || hint.state == "STOPPED") return;
  const bool is_paused = hint.state != "PLAYING";
  if (const auto item = playlist_.find_queued(hint.item_id)) {
    start(*item, hint.position_ms, is_paused);
  } else if (const auto next = playlist_.first()) {
    // The hint is from before that one's end.
    start(*next, 0, is_paused);
  }
}

void DeckPlayer::handle_event(const mixer::DeckEvent& event) {
  if (const auto* started = std::get_if<mixer::ItemStarted>(&event)) {
    // Older than what was asked for since: the deck is on its way to that.
    if (started->item > asked_ && !is_bed(started->item)) asked_ = started->item;
    return;
  }
  const auto& ended = std::get<mixer::ItemEnded>(event);
  tell_ended(ended);

  const bool ran_out =
      ended.reason == mixer::EndReason::kEnd || ended.reason == mixer::EndReason::kError;
  if (!ran_out || asked_ != ended.item) return;
  // The feeder had perhaps told the deck that nothing follows before the queue got longer.
  const mixer::DeckItem next = playlist_.follow(ended.item);
  asked_ = next;
  if (next == mixer::kNoItem) {
    asked_state_ = mixer::DeckState::kStopped;
  } else {
    send(mixer::DeckSkip{.next = next, .position = playlist_.start_of(next)});
  }
}

void DeckPlayer::tell_ended(const mixer::ItemEnded& ended) const {
  const auto item = playlist_.find(ended.item);
  if (!item || is_bed(ended.item) || ended.item == set_aside_) return;
  const bool is_error = ended.reason == mixer::EndReason::kError;
  sink_.to_link(
      link::DeckItemEnded{.item_id = item->item_id,
                          .reason = std::string(name_of(ended.reason)),
                          .error = is_error ? "the track could not be read on" : std::string()});
}

void DeckPlayer::handle_status(const mixer::DeckStatus& status) {
  status_ = status;
  tell();
}

void DeckPlayer::send(const mixer::DeckCommand& command) {
  // More than can be under way: the floor takes them each 10 ms.
  constexpr std::size_t kCommandsKept = 64;
  commands_.push_back({++last_number_, command});
  if (commands_.size() > kCommandsKept) commands_.pop_front();
}

void DeckPlayer::flush() {
  for (const NumberedDeckCommand& command : commands_) {
    if (command.number <= sent_) continue;
    sent_ = command.number;
    sink_.to_floor(command);
  }
}

void DeckPlayer::tell() {
  const mixer::DeckStatus status = shown();
  const auto item = playlist_.find(status.item);
  const bool has_item = item && status.state != mixer::DeckState::kStopped;
  link::DeckReport report;
  report.state = name_of(status.state);
  report.is_buffering = status.is_buffering;
  report.underruns = static_cast<std::int64_t>(status.underruns);
  if (has_item) {
    report.item_id = item->item_id;
    report.title = item->title;
    report.position_ms = status.position / kFramesPerMs;
    report.duration_ms = item->duration_ms;
  }
  sink_.to_link(std::move(report));
}

}  // namespace shelcaster::app
