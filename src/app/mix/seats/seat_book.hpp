#pragma once

#include <array>
#include <boost/json/array.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/config/show_settings.hpp"
#include "app/mix/floor/floor_messages.hpp"
#include "app/mix/floor/stage_sink.hpp"
#include "base/result.hpp"
#include "link/messages.hpp"

namespace shelcaster::app {

/// Which seat is whose, and what the desk is set to: turns a desired state into the few commands
/// that change it. On the stage thread.
class SeatBook {
 public:
  SeatBook(StageSink& sink, const ShowSettings& settings) : sink_(sink), settings_(settings) {}

  /// Opens, changes and closes seats until they are as `desired` says. Returns the seats that were
  /// closed, whose sessions are to end. People beyond kSeatsMax get no seat; the control plane's
  /// own limit is below that.
  std::vector<int> apply(const std::vector<link::Seat>& desired);
  void apply(const studio::AudioRouting& desired);

  /// Whose each seat is, for another process to go on from.
  [[nodiscard]] boost::json::array memory() const;
  /// Before the first apply(): who sat there sits there again and goes on with the strip of before.
  base::Result<void> restore(const boost::json::array& memory);
  /// Whether somebody has sat down or left since this was last asked.
  [[nodiscard]] bool take_changed() { return std::exchange(has_changed_, false); }

  [[nodiscard]] int find(std::string_view participant_id) const;
  /// Empty if nobody sits there.
  [[nodiscard]] const std::string& participant_id(int seat) const;

 private:
  struct Entry {
    bool is_taken = false;
    /// Restored, and not yet told what is desired of it.
    bool is_restored = false;
    link::Seat seat;
  };
  [[nodiscard]] int free_seat() const;
  void open(int index, const link::Seat& seat, bool keeps_strip);
  void change(int index, const link::Seat& seat);
  void command(const mixer::Command& command) { sink_.to_floor(command); }

  StageSink& sink_;
  const ShowSettings settings_;
  std::array<Entry, kSeatsMax> entries_{};
  std::optional<studio::AudioRouting> routing_;
  bool has_changed_ = false;
};

/// 0–100 to linear amplitude: 30 is 0.3, which is −10.5 dB.
constexpr float gain_of_volume(int volume) { return static_cast<float>(volume) / 100.0F; }

}  // namespace shelcaster::app
