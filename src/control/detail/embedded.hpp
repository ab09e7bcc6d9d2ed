#pragma once

#include <optional>
#include <string_view>

#include "control/api.hpp"
#include "control/ask.hpp"
#include "control/detail/alert_watch.hpp"
#include "control/detail/desk.hpp"
#include "control/detail/runners.hpp"
#include "control/detail/seating.hpp"
#include "control/detail/supervisor.hpp"
#include "control/doorbell.hpp"
#include "control/live_board.hpp"

namespace shelcaster::control::detail {

/// The whole control plane in one process, but for the Front, which works on its desk(): Runners
/// and Supervisor with what they meet in, and what is done now and then. Every line of the wiring
/// is here.
class Embedded {
 public:
  Embedded(ApiConfig, ApiPorts);
  Embedded(const Embedded&) = delete;
  Embedded& operator=(const Embedded&) = delete;

  [[nodiscard]] Desk& desk() { return desk_; }
  /// As a Front in another process would have it: with a Core of its own, which shares nothing with
  /// the Runners' but the store and the doorbell.
  [[nodiscard]] Core make_core() { return make_core_on(core_.ports.store); }
  /// The same by another door to the store.
  [[nodiscard]] Core make_core_on(store::Store& store) {
    const CorePorts& ports = core_.ports;
    return {core_.config,
            {store, ports.media, ports.recordings, ports.viewers, ports.processes, ports.alarms,
             ports.clock, ports.random, ports.doorbell},
            fan_out_.hub,
            counters_,
            imports_.states};
  }
  [[nodiscard]] Desk desk_with(Core& core) {
    return {core, board_, ask_, fan_out_, imports_, limits_, show_sweep_};
  }

  // As the Api's, which see. They throw nothing.
  void recover();
  void handle_link(const studio::ShowId&, const link::KeeperToServe&);
  void handle_link_closed(const studio::ShowId&);
  void handle_stage_exit(const studio::ShowId&, std::string_view detail);
  void handle_import(const ImportProgress&);
  void handle_recording_end(const studio::ShowId&, const std::string& recording_id, RecordingEnd);
  void handle_tick();

 private:
  void recover_imports();
  void tidy();

  MemoryBoard board_;
  DirectDoorbell doorbell_;
  DirectAsk ask_;
  FanOut fan_out_;
  Counters counters_;
  Imports imports_;
  Core core_;
  RateLimits limits_;
  ShowSweep show_sweep_;
  Runners runners_;
  Supervisor supervisor_;
  AlertWatch alerts_;
  SeatSweep seats_;
  Desk desk_;
  std::optional<base::Instant> tidied_at_;
};

}  // namespace shelcaster::control::detail
