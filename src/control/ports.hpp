#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "link/messages.hpp"
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
  /// Sends a link message. False when the show has no keeper connected now, or the message is too
  /// long for a link; nothing is queued then.
  virtual bool send(const studio::ShowId&, const link::ServeToKeeper& message) = 0;
  /// The same for an offer or an ICE restart, which waits behind all that is sent by send(). False
  /// as well when too many wait.
  virtual bool send_offer(const studio::ShowId&, const link::ServeToKeeper& message) = 0;
};

/// What decks of running shows do with an import.
enum class Wanted { kNot, kSoon, kHeard };

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
  /// One that a deck waits for starts at once.
  Wanted wanted = Wanted::kNot;
  /// Whose it is, a show's id or "" for the station: places are shared out among owners.
  std::string owner;
  /// What a cover in the file is to be called, without an extension.
  std::string cover_name;
};

/// Imports and the ready files. Progress goes to Api::handle_import.
class Media {
 public:
  virtual ~Media() = default;
  virtual void start_import(const ImportJob&) = 0;
  /// What decks do with an import, from now on.
  virtual void set_wanted(const studio::TrackId&, Wanted) = 0;
  virtual void cancel_import(const studio::TrackId&) = 0;
  /// Moves a spooled upload to where it stays until its import has ended, through a restart of the
  /// server, and says where.
  virtual std::filesystem::path keep_upload(const studio::TrackId&, std::string_view owner,
                                            const std::filesystem::path& file) = 0;
  /// One that was kept before the server was started.
  [[nodiscard]] virtual std::optional<std::filesystem::path> kept_upload(
      const studio::TrackId&) const = 0;
  /// Deletes those of kept_upload() whose import wasn't started again.
  virtual void drop_lost_uploads() = 0;
  /// The name that an upload's own head gives its file, if it does so early enough to be known now.
  [[nodiscard]] virtual std::optional<std::string> upload_name(const std::filesystem::path& file,
                                                               std::string_view content_type) = 0;
  /// Where the ready file of a track is or will be, as the keeper sees it. It may be read while it
  /// grows.
  [[nodiscard]] virtual std::filesystem::path ready_path(const studio::TrackId&) const = 0;
  /// Deletes the ready file, if any.
  virtual void remove(const studio::TrackId&) = 0;
  /// Deletes a cover by its whole name, if there is one.
  virtual void remove_cover(const std::string& name) = 0;
  /// Whether an upload of so many bytes may begin, of a show or, by "", the station: the error says
  /// what is full.
  [[nodiscard]] virtual base::Result<void> room_for_upload(std::string_view owner,
                                                           std::uint64_t bytes) const = 0;
};

struct ImportProgress {
  enum class State { kImporting, kReady, kFailed };
  studio::TrackId track_id;
  State state = State::kImporting;
  double progress = 0;       // 0..1
  bool is_playable = false;  // its first sound is there
  /// As the upload names it; used when the user gave no title.
  std::optional<std::string> file_name;
  /// Found in the file's own tags, in UTF-8; empty: it says nothing.
  std::string title, artist, album;
  std::string cover;         // with its extension; empty: there is none
  std::string content_hash;  // with kReady
  std::int64_t written_ms = 0;
  std::optional<std::int64_t> duration_ms;
  /// Of what is there, until all is.
  std::optional<double> loudness_lufs;
  std::optional<double> true_peak_db;
  std::string error;  // for a person: what, where, what to do. With kFailed.
};

/// What was recorded of a show in one unbroken stretch.
struct Recording {
  std::string id;
  base::WallTime started_at;
  std::int64_t duration_ms = 0;
  std::int64_t bytes = 0;  // of all its files
  std::int64_t marks = 0;
  bool is_open = false;                       // being written
  bool is_continuation = false;               // the one before was broken off
  std::map<std::string, std::int64_t> files;  // bytes by name, of those that are there
};

struct RecordingQuery {
  std::optional<base::WallTime> before;  // those that began before; nothing: from the newest on
  std::size_t limit = 0;
};

struct RecordingPage {
  std::vector<Recording> recordings;  // the newest first
  bool has_more = false;
  /// Of all that the show has, not of the page: what its closed ones take and may take.
  std::uint64_t closed_bytes = 0;
  std::uint64_t closed_bytes_max = 0;
  std::string next_to_go;  // which closed one a limit takes first; empty: there is none
};

enum class RecordingRemoval { kDone, kUnknown, kOpen };

/// Why a recording was removed by itself. kTooMuch: its show, or all together, had more than they
/// may; kDiskFull: the disk had too little left for what is on the air.
enum class RecordingEnd { kTooOld, kTooMany, kTooMuch, kDiskFull };

constexpr std::string_view to_string(RecordingEnd why) {
  switch (why) {
    case RecordingEnd::kTooOld:
      return "too_old";
    case RecordingEnd::kTooMany:
      return "too_many";
    case RecordingEnd::kTooMuch:
      return "too_much";
    case RecordingEnd::kDiskFull:
      return "disk_full";
  }
  return "";
}

/// What shows have been recorded, on a disk that may be slow: each question is told its answer
/// once, on the control thread, at once or later. An error says for a person why the disk has none.
class Recordings {
 public:
  template <typename Answer>
  using Tell = std::function<void(base::Result<Answer>)>;

  virtual ~Recordings() = default;
  virtual void list(const studio::ShowId&, const RecordingQuery&, Tell<RecordingPage>) = 0;
  /// `id`: whatever a client sends. Nothing for one that isn't there.
  virtual void find(const studio::ShowId&, std::string_view id, Tell<std::optional<Recording>>) = 0;
  /// Not while it is being written.
  virtual void remove(const studio::ShowId&, std::string_view id, Tell<RecordingRemoval>) = 0;
};

/// What the processes of shows leave on the disk: HLS, recordings, logs.
class ShowFiles {
 public:
  virtual ~ShowFiles() = default;
  /// The show is deleted: takes away a part of what it left, without waiting for the disk, and says
  /// whether all of it has gone. To be asked at each tick until then.
  virtual bool remove(const studio::ShowId&) = 0;
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
  /// Its share of physical memory (PSS); nothing when the kernel tells it to root alone.
  std::optional<std::int64_t> pss_bytes;
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
