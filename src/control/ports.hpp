#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "studio/ids.hpp"

// What the control plane needs from the outside, as interfaces. The composition root (app/serve)
// implements them over runtime/ and launch/; tests and simulations over memory. Every call is made
// on the control thread and must not block; none may call back into the Api before it has returned.
namespace shelcaster::control {

class Clock {
 public:
  virtual ~Clock() = default;
  /// For timers and timeouts.
  [[nodiscard]] virtual base::Instant now() const = 0;
  /// For timestamps that people see and for token expiry.
  [[nodiscard]] virtual base::WallTime wall() const = 0;
};

struct LaunchStage {
  studio::ShowId show_id;
  std::string title;
  /// The show is on the air: the keeper goes on where the last one stood.
  bool is_resumed = false;
};

/// The processes that run shows: one keeper per show, reached over its link.
/// What comes back goes to Api::handle_link, Api::handle_link_closed and Api::handle_stage_exit.
class Stages {
 public:
  virtual ~Stages() = default;
  /// Starts a keeper for the show. It dials the link by itself and says hello.
  virtual base::Result<void> launch(const LaunchStage&) = 0;
  /// Looks for a keeper that an earlier control plane launched. True: there is one, and it dials or
  /// its end is told. False: there is none.
  virtual bool find(const studio::ShowId&) = 0;
  /// Kills the keeper of this show and what it started, if any. For one that doesn't stop by
  /// itself.
  virtual void kill(const studio::ShowId&) = 0;
  /// Sends a link message. False when the show has no keeper connected now; nothing is queued then.
  virtual bool send(const studio::ShowId&, const boost::json::object& message) = 0;
};

struct ImportJob {
  studio::TrackId track_id;
  /// A spooled upload, which the job may move or delete; empty when `url` is to be fetched.
  std::filesystem::path file;
  /// The uploader's Content-Type, when there was one: multipart/form-data is unpacked by the job.
  std::string content_type;
  std::string url;
  /// False: refuse to connect to private, loopback and link-local addresses, after each redirect
  /// and after name resolution too.
  bool allow_private_urls = false;
  /// The deck waits for it: it goes before those that nobody waits for.
  bool is_awaited = false;
};

/// Imports and the ready files. Progress goes to Api::handle_import.
class Media {
 public:
  virtual ~Media() = default;
  virtual void start_import(const ImportJob&) = 0;
  /// A fetch that may still wait for its turn is awaited from now on.
  virtual void expedite(const studio::TrackId&) = 0;
  virtual void cancel_import(const studio::TrackId&) = 0;
  /// Where the ready file of a track is or will be, as the keeper sees it. It may be read while it
  /// grows.
  [[nodiscard]] virtual std::filesystem::path ready_path(const studio::TrackId&) const = 0;
  /// Deletes the ready file, if any.
  virtual void remove(const studio::TrackId&) = 0;
};

struct ImportProgress {
  enum class State { kImporting, kReady, kFailed };
  studio::TrackId track_id;
  State state = State::kImporting;
  double progress = 0;  // 0..1
  /// Found in the file's own tags; used when the user gave no title.
  std::optional<std::string> title;
  std::optional<std::int64_t> duration_ms;
  std::optional<double> loudness_lufs;
  std::optional<double> true_peak_db;
  std::string error;  // for a person: what, where, what to do. With kFailed.
};

/// How many distinct players fetch the show's HLS now.
class ViewerCounts {
 public:
  virtual ~ViewerCounts() = default;
  [[nodiscard]] virtual std::int64_t viewers(const studio::ShowId&) const = 0;
};

/// What a process has used so far.
struct ProcessUse {
  double cpu_seconds = 0;
  /// Its share of physical memory (PSS).
  std::int64_t pss_bytes = 0;
};

class Processes {
 public:
  virtual ~Processes() = default;
  /// Nothing when it has ended. Costs the kernel a walk over its pages: for a request, not a timer.
  [[nodiscard]] virtual std::optional<ProcessUse> use(std::int64_t pid) const = 0;
};

/// An alert of a show was raised or cleared.
struct Alarm {
  std::string kind;  // "output_down" and so on
  bool is_raised = false;
  studio::ShowId show_id;
  std::string title;  // the show's
  base::WallTime at;
  std::string detail;     // a sentence for a person
  std::string output_id;  // empty: it is not about one
};

/// What became of the alarms that were told.
struct AlarmCounts {
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;   // given up after the last try
  std::uint64_t dropped = 0;  // older than what there was room for
};

/// Tells somebody who isn't looking. Takes an alarm at once, whatever becomes of it.
class Alarms {
 public:
  virtual ~Alarms() = default;
  virtual void tell(const Alarm&) = 0;
  [[nodiscard]] virtual AlarmCounts counts() const = 0;
};

}  // namespace shelcaster::control
