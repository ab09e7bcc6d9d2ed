#include "app/mix/deck_player.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <string_view>

namespace shelcaster::app {
namespace {

namespace json = boost::json;

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
  const std::string& name = command.command;
  if (name == "DECK_PLAY") return play(command);
  if (name == "DECK_SEEK") return seek(command);
  if (name == "DECK_PAUSE") {
    if (asked_state_ == mixer::DeckState::kPlaying) {
      asked_state_ = mixer::DeckState::kPaused;
      send(mixer::DeckPause{});
    }
    return {};
  }
  if (name == "DECK_STOP") {
    asked_ = mixer::kNoItem;
    asked_state_ = mixer::DeckState::kStopped;
    send(mixer::DeckStop{});
    return {};
  }
  if (name == "DECK_SKIP") {
    if (!command.item_id.empty() && !plays(command.item_id)) return {};
    if (asked_ == mixer::kNoItem) return base::fail("nothing plays that could be skipped");
    asked_ = playlist_.follow(asked_);
    if (asked_ == mixer::kNoItem) asked_state_ = mixer::DeckState::kStopped;
    send(mixer::DeckSkip{asked_});
    return {};
  }
  return base::fail(fmt::format("command: unknown deck command \"{}\"", name));
}

bool DeckPlayer::plays(std::string_view item_id) const {
  const auto item = playlist_.find(asked_);
  return item && item->item_id == item_id;
}

base::Result<void> DeckPlayer::play(const link::Command& command) {
  const std::int64_t position_ms = command.position_ms.value_or(0);
  if (command.item) {
    start(*command.item, position_ms, false);
    return {};
  }
  if (!command.item_id.empty()) {
    const auto queued = playlist_.find_queued(command.item_id);
    if (!queued) return base::fail("itemId: this item is not in the queue");
    start(*queued, position_ms, false);
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
    send(mixer::DeckSkip{next});
  }
}

void DeckPlayer::tell_ended(const mixer::ItemEnded& ended) const {
  const auto item = playlist_.find(ended.item);
  if (!item || is_bed(ended.item) || ended.item == set_aside_) return;
  json::object message{
      {"type", "deck_item_ended"}, {"itemId", item->item_id}, {"reason", name_of(ended.reason)}};
  if (ended.reason == mixer::EndReason::kError) message["error"] = "the track could not be read on";
  sink_.to_link(std::move(message));
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
  json::object message{{"type", "deck"},
                       {"state", name_of(status.state)},
                       {"positionMs", has_item ? status.position / kFramesPerMs : 0},
                       {"isBuffering", status.is_buffering},
                       {"underruns", status.underruns}};
  message["itemId"] = has_item ? json::value(item->item_id) : json::value();
  message["title"] = has_item ? json::value(item->title) : json::value();
  message["durationMs"] =
      has_item && item->duration_ms ? json::value(*item->duration_ms) : json::value();
  sink_.to_link(std::move(message));
}

}  // namespace shelcaster::app
