#include "studio/model.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace shelcaster::studio {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::kHost:
      return "HOST";
    case Role::kCaller:
      return "CALLER";
    case Role::kVirtualParticipant:
      return "VIRTUAL_PARTICIPANT";
  }
  std::abort();
}

std::optional<Role> parse_role(std::string_view text) {
  for (const Role role : {Role::kHost, Role::kCaller, Role::kVirtualParticipant}) {
    if (to_string(role) == text) return role;
  }
  return std::nullopt;
}

std::string_view to_string(TrackStatus status) {
  switch (status) {
    case TrackStatus::kImporting:
      return "IMPORTING";
    case TrackStatus::kReady:
      return "READY";
    case TrackStatus::kFailed:
      return "FAILED";
  }
  std::abort();
}

std::optional<TrackStatus> parse_track_status(std::string_view text) {
  for (const TrackStatus s : {TrackStatus::kImporting, TrackStatus::kReady, TrackStatus::kFailed}) {
    if (to_string(s) == text) return s;
  }
  return std::nullopt;
}

std::string_view to_string(DeckState state) {
  switch (state) {
    case DeckState::kStopped:
      return "STOPPED";
    case DeckState::kPlaying:
      return "PLAYING";
    case DeckState::kPaused:
      return "PAUSED";
  }
  std::abort();
}

std::optional<DeckState> parse_deck_state(std::string_view text) {
  for (const DeckState s : {DeckState::kStopped, DeckState::kPlaying, DeckState::kPaused}) {
    if (to_string(s) == text) return s;
  }
  return std::nullopt;
}

double normalisation_gain_db(double loudness_lufs, double true_peak_db) {
  const double wanted = kTrackLoudnessLufs - loudness_lufs;
  const double headroom = kTrackTruePeakDbMax - true_peak_db;
  return std::clamp(std::min(wanted, headroom), -kTrackGainDbMax, kTrackGainDbMax);
}

bool Queue::reorder(const std::vector<ItemId>& order) {
  if (order.size() != items.size() ||
      std::set<ItemId>(order.begin(), order.end()).size() != order.size()) {
    return false;
  }
  std::vector<QueueItem> sorted;
  for (const ItemId& id : order) {
    const auto found = std::find_if(items.begin(), items.end(),
                                    [&](const QueueItem& item) { return item.id == id; });
    if (found == items.end()) return false;
    sorted.push_back(*found);
  }
  items = std::move(sorted);
  return true;
}

bool Queue::remove(const ItemId& id) {
  return std::erase_if(items, [&](const QueueItem& item) { return item.id == id; }) > 0;
}

}  // namespace shelcaster::studio
