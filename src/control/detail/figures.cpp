#include "control/detail/figures.hpp"

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

constexpr std::int64_t kHeartbeatMsMax = 10'000;
/// A segment is two seconds, and a disk may be slow.
constexpr std::int64_t kSegmentAgeMsMax = 10'000;
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kChildren{
    {{"mix", "the mixer"}, {"publish", "the publisher"}}};

const json::object* part_of(const json::object& from, std::string_view name) {
  const json::value* part = from.if_contains(name);
  return part != nullptr && part->is_object() ? &part->get_object() : nullptr;
}

void copy_numbers(const json::object& from, std::initializer_list<std::string_view> names,
                  json::object& to) {
  for (const std::string_view name : names) {
    const json::value* value = from.if_contains(name);
    to[name] = value != nullptr && value->is_number() ? *value : json::value(nullptr);
  }
}

/// "droppedStrayMedia" → "strayMedia"; empty for a count of something else.
std::string cause_of_drop(std::string_view name) {
  constexpr std::string_view kDropped = "dropped";
  if (!name.starts_with(kDropped) || name.size() == kDropped.size()) return {};
  std::string cause(name.substr(kDropped.size()));
  if (cause[0] >= 'A' && cause[0] <= 'Z') cause[0] = static_cast<char>(cause[0] - 'A' + 'a');
  return cause;
}

json::object child_json(const json::object& child) {
  const json::value* state = child.if_contains("state");
  json::object out;
  out["state"] = state != nullptr && state->is_string() ? *state : json::value(nullptr);
  copy_numbers(child, {"restarts"}, out);
  return out;
}

}  // namespace

json::value mixer_json(const json::object& status) {
  const json::object* mix = part_of(status, "mix");
  if (mix == nullptr) return nullptr;
  json::object out = child_json(*mix);
  copy_numbers(
      *mix, {"ticks", "lateTicks", "missedTicks", "sessions", "deadAirFallbacks", "falseFallbacks"},
      out);
  json::object drops;
  if (const json::object* datagrams = part_of(*mix, "datagrams")) {
    for (const auto& count : *datagrams) {
      const std::string cause = cause_of_drop(count.key());
      if (!cause.empty() && count.value().is_number()) drops[cause] = count.value();
    }
  }
  out["drops"] = std::move(drops);
  return out;
}

json::value publisher_json(const json::object& status) {
  const json::object* publish = part_of(status, "publish");
  if (publish == nullptr) return nullptr;
  json::object out = child_json(*publish);
  copy_numbers(*publish, {"lagMs", "overruns", "writeErrors"}, out);
  const json::object* hls = part_of(*publish, "hls");
  copy_numbers(hls != nullptr ? *hls : json::object(), {"lastSegment", "lastSegmentUnixMs"}, out);
  return out;
}

json::value decoded_json(const json::object& status) {
  const json::object* publish = part_of(status, "publish");
  const json::object* hls = publish != nullptr ? part_of(*publish, "hls") : nullptr;
  const json::object* decoded = hls != nullptr ? part_of(*hls, "decoded") : nullptr;
  if (decoded == nullptr) return nullptr;
  json::object out;
  copy_numbers(*decoded, {"segment", "samples", "peakDb", "loudnessLufs"}, out);
  const json::value* ok = decoded->if_contains("ok");
  const json::value* problem = decoded->if_contains("problem");
  out["ok"] = ok != nullptr && ok->is_bool() && ok->get_bool();
  out["problem"] = problem != nullptr && problem->is_string() ? *problem : json::value("");
  return out;
}

std::optional<std::string> disk_problem(const json::object& status) {
  const json::object* publish = part_of(status, "publish");
  const json::object* hls = publish != nullptr ? part_of(*publish, "hls") : nullptr;
  const json::value* problem = hls != nullptr ? hls->if_contains("problem") : nullptr;
  if (problem == nullptr || !problem->is_string()) return std::nullopt;
  return std::string(problem->get_string());
}

std::optional<std::string> recording_problem(const json::object& status) {
  const json::object* publish = part_of(status, "publish");
  const json::value* outputs = publish != nullptr ? publish->if_contains("outputs") : nullptr;
  if (outputs == nullptr || !outputs->is_array()) return std::nullopt;
  for (const json::value& item : outputs->get_array()) {
    const json::object* output = item.if_object();
    const json::value* id = output != nullptr ? output->if_contains("id") : nullptr;
    if (id == nullptr || *id != json::value(kRecordingOutput)) continue;
    const json::value* problem = output->if_contains("problem");
    const json::value* detail = output->if_contains("detail");
    if (problem == nullptr || !problem->is_string() || detail == nullptr || !detail->is_string()) {
      return std::nullopt;
    }
    // A publisher of an earlier version takes it for a server of RTMP that has no address.
    if (problem->get_string() == "address") return std::nullopt;
    return problem->get_string().empty() ? std::string() : std::string(detail->get_string());
  }
  return std::nullopt;
}

std::optional<std::int64_t> clip_ms(const json::object& status) {
  const json::object* mix = part_of(status, "mix");
  const json::value* shown = mix != nullptr ? mix->if_contains("clipMs") : nullptr;
  return shown != nullptr && shown->is_int64() ? std::optional(shown->get_int64()) : std::nullopt;
}

std::vector<std::string> output_problems(const json::object& status,
                                         std::optional<std::int64_t> heartbeat, std::int64_t now) {
  if (!heartbeat || now - *heartbeat > kHeartbeatMsMax) {
    return {"the show's processes have not reported for more than 10 s"};
  }
  std::vector<std::string> problems;
  for (const auto& [child, what] : kChildren) {
    const json::object* part = part_of(status, child);
    const json::value* state = part != nullptr ? part->if_contains("state") : nullptr;
    if (state == nullptr || *state != json::value("RUNNING")) {
      problems.push_back(std::string(what) + " is not running; it is started again by itself");
    }
  }
  if (const auto problem = disk_problem(status); problem && !problem->empty()) {
    problems.push_back("segments are lost: " + *problem);
  }
  const json::value publisher = publisher_json(status);
  if (publisher.is_object() && publisher.at("lastSegmentUnixMs").is_int64() &&
      now - publisher.at("lastSegmentUnixMs").get_int64() > kSegmentAgeMsMax) {
    problems.emplace_back("no segment has been published for more than 10 s");
  }
  const json::value decoded = decoded_json(status);
  if (decoded.is_object() && !decoded.at("ok").get_bool()) {
    problems.emplace_back(decoded.at("problem").get_string());
  }
  return problems;
}

}  // namespace shelcaster::control::detail
