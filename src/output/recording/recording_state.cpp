#include "output/recording/recording_state.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

namespace shelcaster::output {
namespace {

namespace json = boost::json;

constexpr std::int64_t kVersion = 1;
constexpr std::string_view kIdPrefix = "rec-";
constexpr std::size_t kIdDigitsMax = 15;  // the year 33658
constexpr std::int64_t kNumberMax = std::int64_t{1} << 52U;
constexpr std::size_t kOnAirMax = 1'000;

/// Reads members of an object and remembers whether each was there and in range.
class Members {
 public:
  explicit Members(const json::object& object) : object_(object) {}

  std::int64_t number(std::string_view key) {
    const json::value* value = find(key);
    if (value != nullptr && value->is_int64() && value->get_int64() >= 0 &&
        value->get_int64() <= kNumberMax) {
      return value->get_int64();
    }
    is_good_ = false;
    return 0;
  }
  bool boolean(std::string_view key) {
    const json::value* value = find(key);
    if (value != nullptr && value->is_bool()) return value->get_bool();
    is_good_ = false;
    return false;
  }
  std::string text(std::string_view key) {
    const json::value* value = find(key);
    if (value != nullptr && value->is_string()) return std::string(value->get_string());
    is_good_ = false;
    return {};
  }
  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> texts;
    const json::value* value = find(key);
    is_good_ =
        is_good_ && value != nullptr && value->is_array() && value->get_array().size() <= kOnAirMax;
    if (!is_good_) return texts;
    for (const json::value& item : value->get_array()) {
      is_good_ = is_good_ && item.is_string();
      if (is_good_) texts.emplace_back(item.get_string());
    }
    return texts;
  }
  [[nodiscard]] bool is_good() const { return is_good_; }

 private:
  const json::value* find(std::string_view key) const { return object_.if_contains(key); }

  const json::object& object_;
  bool is_good_ = true;
};

}  // namespace

std::string recording_id(std::int64_t start_unix_ms) {
  return fmt::format("{}{}", kIdPrefix, start_unix_ms);
}

std::optional<std::int64_t> recording_start_of(std::string_view id) {
  if (!id.starts_with(kIdPrefix)) return std::nullopt;
  const std::string_view digits = id.substr(kIdPrefix.size());
  std::int64_t start = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), start);
  const bool is_number = failed == std::errc() && end == digits.data() + digits.size();
  if (!is_number || start < 0 || digits.size() > kIdDigitsMax) return std::nullopt;
  // One name only for each: no zeros before it.
  return recording_id(start) == id ? std::optional(start) : std::nullopt;
}

std::string write_recording_state(const RecordingState& state) {
  return json::serialize(
      json::object{{"version", kVersion},
                   {"epochUnixMs", state.epoch_unix_ms},
                   {"startSample", state.start.samples()},
                   {"startUnixMs", state.start_unix_ms},
                   {"continuation", state.is_continuation},
                   {"aacBytes", state.aac_bytes},
                   {"aacNextSample", state.aac_next.samples()},
                   {"flac", state.has_flac},
                   {"flacBytes", state.flac_bytes},
                   {"flacFrames", state.flac_frames},
                   {"flacNextSample", state.flac_next.samples()},
                   {"marksBytes", state.marks_bytes},
                   {"marks", state.marks},
                   {"nextMark", static_cast<std::int64_t>(state.next_mark)},
                   {"track", state.track},
                   {"onAir", json::array(state.on_air.begin(), state.on_air.end())},
                   {"ended", state.is_ended}});
}

base::Result<RecordingState> parse_recording_state(std::string_view text) {
  if (text.size() > kRecordingStateBytesMax) return base::fail("recording: its state is too long");
  boost::system::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) return base::fail("recording: its state is no JSON object");
  Members members(value.get_object());
  RecordingState state;
  const bool is_known = members.number("version") == kVersion;
  state.epoch_unix_ms = members.number("epochUnixMs");
  state.start = base::SampleTime(members.number("startSample"));
  state.start_unix_ms = members.number("startUnixMs");
  state.is_continuation = members.boolean("continuation");
  state.aac_bytes = members.number("aacBytes");
  state.aac_next = base::SampleTime(members.number("aacNextSample"));
  state.has_flac = members.boolean("flac");
  state.flac_bytes = members.number("flacBytes");
  state.flac_frames = members.number("flacFrames");
  state.flac_next = base::SampleTime(members.number("flacNextSample"));
  state.marks_bytes = members.number("marksBytes");
  state.marks = members.number("marks");
  state.next_mark = static_cast<std::uint64_t>(members.number("nextMark"));
  state.track = members.text("track");
  state.on_air = members.texts("onAir");
  state.is_ended = members.boolean("ended");
  if (!is_known || !members.is_good()) {
    return base::fail("recording: a member of its state is missing or out of range");
  }
  if (state.aac_next < state.start || state.flac_next < state.start) {
    return base::fail("recording: its state ends before it begins");
  }
  return state;
}

}  // namespace shelcaster::output
