#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "control/detail/off_air.hpp"

namespace shelcaster::control::detail {

enum class AlertKind {
  kOutputDown,
  kHeartbeatLost,
  kClipping,
  kOutputSilentOrBroken,
  kDeadAir,
  kDiskFailing,
  kStateRefused
};

inline constexpr std::array kAlertKinds{AlertKind::kOutputDown,  AlertKind::kHeartbeatLost,
                                        AlertKind::kClipping,    AlertKind::kOutputSilentOrBroken,
                                        AlertKind::kDeadAir,     AlertKind::kDiskFailing,
                                        AlertKind::kStateRefused};

/// "output_down" and so on, as clients see it.
std::string_view to_string(AlertKind);
std::optional<AlertKind> parse_alert_kind(std::string_view);

/// Something that is wrong with a show now, and that somebody should know who isn't looking.
struct Alert {
  AlertKind kind{};
  std::string output_id;  // of kOutputDown
  std::string detail;     // a sentence for a person
  base::WallTime since;   // when it was raised

  friend bool operator==(const Alert&, const Alert&) = default;
};

struct AlertChange {
  Alert alert;  // its detail says why it was raised, or why cleared
  bool is_raised = false;
  std::string problem;  // of an output that is down: the word for why, which a log may have
};

/// What is known of a show on the air at one moment. What isn't known neither raises nor clears.
struct AlertFacts {
  struct Output {
    std::string id;
    bool is_connected = false;  // and takes all of the programme
    std::string detail;         // what the destination said; may be empty while it is tried again
    std::string problem = {};   // a word for why; may be empty
    std::int64_t revision = 0;  // another one with each change of what it leads to
  };
  std::optional<std::int64_t> heartbeat;  // another value with each report of the keeper
  std::vector<Output> outputs;
  std::optional<std::int64_t> clip_ms;  // for how long the mixer has shown clipping, all in all
  std::vector<std::string> output_problems;
  /// "queue", "bed" or "nothing" plays since the programme was silent; "": it isn't.
  std::optional<std::string> fallback;
  /// Why what belongs on the disk isn't there, by who wanted to write it; empty: all is well.
  std::optional<std::string> disk_problem;
  /// Why the mixer can't be told what is wanted of the show; empty: it can.
  std::string state_problem;
};

/// The alerts of one show: turns facts and time into what is raised and cleared. An alert is raised
/// once, stays however often its cause is seen again, and is cleared once. Its sentence may become
/// another one meanwhile, which is no change that anybody is told of: `raised()` has it.
class AlertBook {
 public:
  /// `raised`: what an earlier process had raised and not cleared.
  explicit AlertBook(std::vector<Alert> raised = {}) : raised_(std::move(raised)) {}

  /// The show is on the air. To be called about once a second.
  std::vector<AlertChange> update(const AlertFacts&, base::Instant now, base::WallTime wall);
  /// The show is in ERROR, which it doesn't leave by itself.
  std::vector<AlertChange> fail(const std::string& error, base::WallTime wall);
  /// The show is off the air.
  std::vector<AlertChange> end(const std::string& why);

  /// The oldest first.
  [[nodiscard]] const std::vector<Alert>& raised() const { return raised_; }

 private:
  using Cause = std::pair<AlertKind, std::string>;  // kind, output
  using Changes = std::vector<AlertChange>;

  void judge_heartbeat(const AlertFacts&, base::Instant now, base::WallTime wall, Changes&);
  void judge_outputs(const AlertFacts&, base::Instant now, base::WallTime wall, Changes&);
  void judge_clipping(const AlertFacts&, base::Instant now, base::WallTime wall, Changes&);
  void judge_programme(const AlertFacts&, base::Instant now, base::WallTime wall, Changes&);
  void judge_dead_air(const AlertFacts&, base::WallTime wall, Changes&);
  void judge_state(const AlertFacts&, base::WallTime wall, Changes&);
  void judge_disk(const AlertFacts&, base::WallTime wall, Changes&);

  [[nodiscard]] bool is_raised(const Cause&) const;
  /// Whether this has been bad for more than `longest`, the present moment included.
  bool is_bad_for(const Cause&, base::Duration longest, base::Instant now);
  void raise(const Cause&, std::string detail, base::WallTime wall, Changes&);
  /// The same alert, of which something else is true by now.
  void reword(const Cause&, std::string detail);
  void clear(const Cause&, std::string detail, Changes&);

  std::vector<Alert> raised_;
  std::map<Cause, base::Instant> bad_since_;
  std::map<std::string, OffAir> off_air_;          // by output
  std::map<std::string, std::int64_t> revisions_;  // of the outputs that off_air_ is about
  std::optional<std::int64_t> heartbeat_;
  std::optional<base::Instant> heartbeat_at_;
  std::deque<std::pair<base::Instant, std::int64_t>> clips_;  // clip_ms as it grew
};

}  // namespace shelcaster::control::detail
