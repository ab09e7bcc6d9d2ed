#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// How the processes of a show do. Each names its figures when it makes them; from there on they are
// passed on unread, to a page, a monitor or a log, and who passes them on holds them as they came.
namespace shelcaster::link {

// ---- what a process fills in

/// Datagrams at the mixer's gate, by what became of them.
struct GateFigures {
  std::uint64_t passed_known = 0, passed_strangers = 0;
  std::uint64_t dropped_stray_media = 0, dropped_not_ours = 0, dropped_strangers = 0;
  std::uint64_t dropped_source = 0, dropped_session = 0, dropped_queue_full = 0;
};

struct MixFigures {
  std::int64_t tape_head_samples = 0;
  std::uint64_t ticks = 0, late_ticks = 0, missed_ticks = 0, recovered_ticks = 0;
  std::uint64_t clip_ms = 0;
  GateFigures datagrams;
  std::uint64_t underruns = 0;
  std::uint64_t dead_air_fallbacks = 0, false_fallbacks = 0;
  std::string fallback;  // what plays in a silent programme's place; empty: it isn't silent
  std::uint64_t sessions = 0;
  std::uint64_t desired_version = 0;
  int priority = 0;
  std::int64_t pss_bytes = 0;
};

struct OutputFigures {
  std::string id;
  std::int64_t revision = 0;  // of the target that it is about
  std::string state;
  std::string problem;
  std::string detail;
  struct Sent {
    std::uint64_t connections = 0, frames_dropped = 0;
    std::int64_t delay_ms = 0, bitrate_bps = 0;
  };
  std::optional<Sent> sent;  // nothing: it can't be tried
};

/// Of a segment that was decoded from the disk again.
struct SegmentFigures {
  std::int64_t number = 0, samples = 0;
  double peak_db = 0;
  std::optional<double> loudness_lufs;
  std::string problem;  // empty: all is well
};

struct PublishFigures {
  std::vector<OutputFigures> outputs;
  std::int64_t last_segment = -1;
  std::optional<std::int64_t> last_segment_unix_ms;
  std::string hls_problem;
  std::optional<SegmentFigures> decoded;
  std::int64_t lag_ms = 0;
  std::uint64_t overruns = 0, write_errors = 0;
  std::int64_t pss_bytes = 0;
};

struct LevelFigures {
  struct Meter {
    double peak_db = 0, rms_db = 0;
    bool clip = false;
  };
  struct Source {
    std::string id;  // of a participant, or "deck"
    Meter meter;
  };
  std::int64_t at = 0;  // samples
  Meter master;
  double momentary_lufs = 0;
  std::vector<Source> sources;
};

// ---- messages

struct MixStatus {
  static constexpr std::string_view kType = "mix_status";
  boost::json::object figures;  // MixFigures, as they came
};
MixStatus make_mix_status(const MixFigures&);
std::int64_t underruns_of(const MixStatus&);

struct PublishStatus {
  static constexpr std::string_view kType = "publish_status";
  boost::json::object figures;  // PublishFigures, as they came
};
PublishStatus make_publish_status(const PublishFigures&);

struct Levels {
  static constexpr std::string_view kType = "levels";
  boost::json::object figures;  // LevelFigures, as they came
};
Levels make_levels(const LevelFigures&);

/// What the keeper knows of a child, and beside it what the child last reported of itself.
struct ChildReport {
  std::string state;  // STARTING | RUNNING | RESTARTING | STOPPED; empty: not told
  std::optional<std::int64_t> pid, restarts;
  boost::json::object figures;
};

struct Status {
  static constexpr std::string_view kType = "status";
  std::string state;  // STARTING | RUNNING | STOPPING
  std::optional<ChildReport> mix, publish;
  std::optional<std::int64_t> tape_head_samples;
  std::optional<std::int64_t> pss_bytes;  // the keeper's own
  std::optional<std::int64_t> underruns;  // the mixer's
};
/// All of it as the API shows it.
boost::json::object figures_of(const Status&);
/// What the mixer says to play in a silent programme's place, if it has said it: one that is being
/// started has not.
std::optional<std::string> fallback_of(const Status&);

}  // namespace shelcaster::link
