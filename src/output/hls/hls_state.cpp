#include "output/hls/hls_state.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <ctime>
#include <iterator>

namespace shelcaster::output {
namespace {

namespace json = boost::json;

constexpr std::int64_t kVersion = 2;
constexpr std::size_t kBytesMax = 1 << 20;
constexpr std::size_t kSegmentsMax = 1'000;
constexpr std::int64_t kNumberMax = std::int64_t{1} << 50U;
constexpr std::int64_t kSegmentSamplesMax = 60 * base::kSampleRate;

/// Reads members of an object and remembers whether each was there and in range.
class Members {
 public:
  explicit Members(const json::object& object) : object_(object) {}

  std::int64_t number(std::string_view key, std::int64_t min, std::int64_t max) {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr || !value->is_int64() || value->get_int64() < min ||
        value->get_int64() > max) {
      ok_ = false;
      return min;
    }
    return value->get_int64();
  }
  bool boolean(std::string_view key) {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr || !value->is_bool()) {
      ok_ = false;
      return false;
    }
    return value->get_bool();
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  const json::object& object_;
  bool ok_ = true;
};

base::Result<HlsSegment> parse_segment(const json::value& value) {
  if (!value.is_object()) return base::fail("a segment is no object");
  Members members(value.get_object());
  HlsSegment segment;
  segment.number = members.number("number", 0, kNumberMax);
  segment.start = base::SampleTime(members.number("startSample", 0, kNumberMax));
  segment.samples = members.number("samples", 1, kSegmentSamplesMax);
  segment.init_number = members.number("init", 0, kNumberMax);
  segment.start_unix_ms = members.number("startUnixMs", 0, kNumberMax);
  segment.is_after_discontinuity = members.boolean("discontinuity");
  if (!members.ok()) return base::fail("a segment lacks a member or has one out of range");
  return segment;
}

std::string iso_time(std::int64_t unix_ms) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(static_cast<std::time_t>(unix_ms / 1000)), unix_ms % 1000);
}

}  // namespace

std::string hls_segment_name(std::int64_t number) { return fmt::format("seg-{}.m4s", number); }

std::string hls_init_name(std::int64_t number) { return fmt::format("init-{}.mp4", number); }

std::string write_hls_state(const HlsState& state) {
  json::array segments;
  for (const HlsSegment& segment : state.window) {
    segments.push_back({{"number", segment.number},
                        {"startSample", segment.start.samples()},
                        {"samples", segment.samples},
                        {"init", segment.init_number},
                        {"startUnixMs", segment.start_unix_ms},
                        {"discontinuity", segment.is_after_discontinuity}});
  }
  return json::serialize(json::object{{"version", kVersion},
                                      {"epochUnixMs", state.epoch_unix_ms},
                                      {"programmeStartSample", state.programme_start.samples()},
                                      {"programmeSegment", state.programme_segment},
                                      {"nextSegment", state.next_segment},
                                      {"nextInit", state.next_init},
                                      {"discontinuitySequence", state.discontinuity_sequence},
                                      {"ended", state.is_ended},
                                      {"segments", std::move(segments)}}) +
         "\n";
}

base::Result<HlsState> parse_hls_state(std::string_view text) {
  if (text.size() > kBytesMax) return base::fail("HLS state: too long");
  boost::system::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) return base::fail("HLS state: no JSON object");
  Members members(value.get_object());
  HlsState state;
  (void)members.number("version", kVersion, kVersion);
  state.epoch_unix_ms = members.number("epochUnixMs", 0, kNumberMax);
  state.programme_start = base::SampleTime(members.number("programmeStartSample", 0, kNumberMax));
  state.programme_segment = members.number("programmeSegment", 0, kNumberMax);
  state.next_segment = members.number("nextSegment", 0, kNumberMax);
  state.next_init = members.number("nextInit", 0, kNumberMax);
  state.discontinuity_sequence = members.number("discontinuitySequence", 0, kNumberMax);
  state.is_ended = members.boolean("ended");
  const json::value* segments = value.get_object().if_contains("segments");
  if (!members.ok() || segments == nullptr || !segments->is_array() ||
      segments->get_array().size() > kSegmentsMax) {
    return base::fail("HLS state: a member is missing or out of range");
  }
  for (const json::value& item : segments->get_array()) {
    auto segment = parse_segment(item);
    if (!segment) return base::fail("HLS state: " + segment.error().message);
    state.window.push_back(*segment);
  }
  const bool has_segments = state.programme_segment < state.next_segment;
  if (state.programme_segment > state.next_segment || state.next_init < 1 ||
      (has_segments && state.window.empty())) {
    return base::fail("HLS state: its programme doesn't fit its segments");
  }
  // Numbers run on without a gap up to the next one.
  std::int64_t expected = state.next_segment - static_cast<std::int64_t>(state.window.size());
  for (const HlsSegment& segment : state.window) {
    if (segment.number != expected++ || segment.init_number >= state.next_init) {
      return base::fail("HLS state: its segment numbers don't follow each other");
    }
  }
  return state;
}

std::string write_hls_playlist(const HlsState& state, int target_duration_s) {
  std::string text;
  auto out = std::back_inserter(text);
  const std::int64_t first =
      state.window.empty() ? state.next_segment : state.window.front().number;
  fmt::format_to(out,
                 "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:{}\n"
                 "#EXT-X-DISCONTINUITY-SEQUENCE:{}\n#EXT-X-INDEPENDENT-SEGMENTS\n",
                 target_duration_s, first, state.discontinuity_sequence);
  std::int64_t init = -1;
  for (const HlsSegment& segment : state.window) {
    if (segment.is_after_discontinuity) text += "#EXT-X-DISCONTINUITY\n";
    if (segment.init_number != init) {
      init = segment.init_number;
      fmt::format_to(out, "#EXT-X-MAP:URI=\"{}\"\n", hls_init_name(init));
    }
    fmt::format_to(out, "#EXT-X-PROGRAM-DATE-TIME:{}\n#EXTINF:{:.6f},\n{}\n",
                   iso_time(segment.start_unix_ms),
                   static_cast<double>(segment.samples) / static_cast<double>(base::kSampleRate),
                   hls_segment_name(segment.number));
  }
  if (state.is_ended) text += "#EXT-X-ENDLIST\n";
  return text;
}

std::string write_hls_master(std::string_view media_list, std::int64_t bits_per_second) {
  return fmt::format(
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-STREAM-INF:BANDWIDTH={},CODECS=\"mp4a.40.2\",NAME=\"Programme\"\n{}\n",
      bits_per_second, media_list);
}

}  // namespace shelcaster::output
