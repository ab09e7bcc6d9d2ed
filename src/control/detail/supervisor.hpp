#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "control/ask.hpp"
#include "control/detail/core.hpp"
#include "control/live_board.hpp"

namespace shelcaster::control::detail {

/// Sees to it that each show has the processes that the store says it should have: launches them,
/// ends those that don't end by themselves, launches them again when they are gone, and gives up
/// after several times. It needs no Runner, since a composition that never comes up has none to
/// speak of.
class Supervisor {
 public:
  Supervisor(Core& core, const LiveBoard& board, Stages& stages, Ask& ask)
      : core_(core), board_(board), stages_(stages), ask_(ask) {}

  /// Takes up the shows that an earlier process left running. Their keepers have redial_timeout to
  /// dial back; then they are launched anew.
  void recover();
  /// A doorbell has rung. Never throws.
  void handle_ring(const studio::ShowId&, Changed);
  void handle_stage_exit(const studio::ShowId&, std::string_view detail);
  void handle_tick();

 private:
  /// Of the link, as it stood on the board at the last look.
  struct Seen {
    std::int64_t link_number = 0;
    bool is_connected = false;
    bool is_running = false;
  };
  /// Of a show that runs, or is on its way there or off it.
  struct Watch {
    std::int64_t task_number = 0;  // that was launched, or found
    bool is_stopping = false;
    /// When the state that we wait for (running, stopped, the keeper's redial) must be there.
    std::optional<base::Instant> deadline;
    std::optional<base::Instant> running_since;
    /// Keepers in a row that ended before the show had run steadily.
    int failures = 0;
    std::string last_end;  // how the last of them did
    std::string failure;   // why the show is to be in ERROR, while that isn't stored
    /// Nothing has been done about the last of them yet.
    bool has_ended = false;
    /// What the store kept from being looked at is looked at again then.
    std::optional<base::Instant> look_again_at;
    Seen seen;
  };

  /// Work that the store keeps from being done, by a read that fails, is followed by another look.
  /// No deadline moves: nothing is wrong with the show.
  template <typename Work>
  void attempt(const studio::ShowId&, Work);
  void look(const studio::ShowId&);
  /// What rings would have told. A show that should have processes, has none, and waits for nothing
  /// is seen to as well.
  void sweep();
  void look_at_link(const studio::Show&, Watch&);
  void recover(const studio::Show&);
  void launch(const studio::Show&);
  void relaunch(const studio::Show&);
  void stop(const studio::Show&);
  void fail(const studio::Show&, const std::string& why);
  void take_end(const studio::Show&);
  void expire(const studio::ShowId&);

  Core& core_;
  const LiveBoard& board_;
  Stages& stages_;
  Ask& ask_;
  std::map<studio::ShowId, Watch> watches_;
  std::optional<base::Instant> swept_at_;
};

}  // namespace shelcaster::control::detail
