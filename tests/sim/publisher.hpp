#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "app/publish/publish_core.hpp"
#include "base/time.hpp"
#include "listener.hpp"
#include "sim_disk.hpp"

namespace shelcaster::sim {

/// Ways to break what a publisher leaves to the next one.
enum class PublishSabotage {
  kNone,
  kForgottenState,  // state is gone
  kOldState,        // state is that of some segments before
  kTornSegment,     // the last segment is cut short
  kColdStart,       // it begins at the tape's edge
};

/// The publisher of a simulated show: the production core over real files, started again when it
/// has died, as the keeper does; and who listens to it.
class Publisher {
 public:
  Publisher(int tape_fd, std::filesystem::path dir, Listener::Complain complain);

  /// Each tick of 10 ms.
  void tick(base::Instant now);
  /// Dies at once, or after this many more steps of writing; another one comes `down` later.
  void kill(base::Duration down);
  void die_after(std::int64_t steps, base::Duration down);
  void fill_disk(bool is_full);
  /// It dies with its keeper; another one comes with the next keeper's tape.
  void lose_keeper(base::Instant now);
  void begin_programme(base::Instant now, int tape_fd);
  [[nodiscard]] bool is_running() const { return core_.has_value(); }

  void sabotage(PublishSabotage how) { sabotage_ = how; }

  [[nodiscard]] const Listener& listener() const { return listener_; }
  SimDisk& disk() { return disk_; }
  [[nodiscard]] const SimDisk& disk() const { return disk_; }
  [[nodiscard]] std::int64_t deaths() const { return deaths_; }
  /// As the role reports it.
  [[nodiscard]] std::uint64_t write_errors() const {
    return core_ ? core_->counters().write_errors : 0;
  }

 private:
  void start(base::Instant now);
  void die(base::Instant now);
  void leave_broken();

  int tape_fd_;
  const std::filesystem::path dir_;
  Listener::Complain complain_;
  SimDisk disk_;
  std::optional<app::PublishCore> core_;
  Listener listener_;
  base::Instant starts_at_;
  base::Instant reads_at_;
  base::Instant looks_at_;
  base::Duration down_{};
  bool is_full_ = false;
  std::int64_t deaths_ = 0;
  PublishSabotage sabotage_ = PublishSabotage::kNone;
  std::string old_state_;
};

}  // namespace shelcaster::sim
