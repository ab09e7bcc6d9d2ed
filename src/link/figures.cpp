#include "link/figures.hpp"

#include <algorithm>

#include "link/detail/fields.hpp"

namespace shelcaster::link {
namespace {

namespace json = boost::json;
using detail::or_null;
using detail::put;

json::object write(const GateFigures& gate) {
  return {{"passedKnown", gate.passed_known},
          {"passedStrangers", gate.passed_strangers},
          {"droppedStrayMedia", gate.dropped_stray_media},
          {"droppedNotOurs", gate.dropped_not_ours},
          {"droppedStrangers", gate.dropped_strangers},
          {"droppedSource", gate.dropped_source},
          {"droppedSession", gate.dropped_session},
          {"droppedQueueFull", gate.dropped_queue_full}};
}

json::object write(const OutputFigures& output) {
  json::object out{{"id", output.id},
                   {"revision", output.revision},
                   {"state", output.state},
                   {"problem", output.problem},
                   {"detail", output.detail}};
  if (!output.sent) return out;
  out["connections"] = output.sent->connections;
  out["framesDropped"] = output.sent->frames_dropped;
  out["delayMs"] = output.sent->delay_ms;
  out["bitrateBps"] = output.sent->bitrate_bps;
  return out;
}

json::object write(const SegmentFigures& segment) {
  return {{"segment", segment.number},     {"samples", segment.samples},
          {"peakDb", segment.peak_db},     {"loudnessLufs", or_null(segment.loudness_lufs)},
          {"ok", segment.problem.empty()}, {"problem", segment.problem}};
}

json::object write(const LevelFigures::Meter& meter) {
  return {{"peakDb", meter.peak_db}, {"rmsDb", meter.rms_db}, {"clip", meter.clip}};
}

json::object write(const ChildReport& child) {
  json::object out;
  if (!child.state.empty()) out["state"] = child.state;
  put(out, "pid", child.pid);
  put(out, "restarts", child.restarts);
  for (const auto& figure : child.figures) {
    if (!out.contains(figure.key())) out[figure.key()] = figure.value();
  }
  return out;
}

void read(detail::Reader& r, ChildReport& child) {
  child.state = r.text_if_any("state");
  child.pid = r.optional_integer("pid");
  child.restarts = r.optional_integer("restarts");
  child.figures = r.rest();
}

}  // namespace

MixStatus make_mix_status(const MixFigures& f) {
  return {.figures = {{"tapeHeadSamples", f.tape_head_samples},
                      {"ticks", f.ticks},
                      {"lateTicks", f.late_ticks},
                      {"missedTicks", f.missed_ticks},
                      {"recoveredTicks", f.recovered_ticks},
                      {"clipMs", f.clip_ms},
                      {"datagrams", write(f.datagrams)},
                      {"underruns", f.underruns},
                      {"deadAirFallbacks", f.dead_air_fallbacks},
                      {"falseFallbacks", f.false_fallbacks},
                      {"fallback", f.fallback},
                      {"sessions", f.sessions},
                      {"desiredVersion", f.desired_version},
                      {"priority", f.priority},
                      {"pssBytes", f.pss_bytes}}};
}

std::int64_t underruns_of(const MixStatus& status) {
  const json::value* underruns = status.figures.if_contains("underruns");
  boost::system::error_code error;
  const auto count = underruns != nullptr ? underruns->to_number<std::int64_t>(error) : 0;
  return error ? 0 : count;
}

PublishStatus make_publish_status(const PublishFigures& f) {
  json::array outputs;
  for (const OutputFigures& output : f.outputs) outputs.push_back(write(output));
  return {.figures = {
              {"outputs", std::move(outputs)},
              {"hls",
               {{"lastSegment", f.last_segment},
                {"lastSegmentUnixMs", or_null(f.last_segment_unix_ms)},
                {"problem", f.hls_problem},
                {"decoded", f.decoded ? json::value(write(*f.decoded)) : json::value(nullptr)}}},
              {"lagMs", f.lag_ms},
              {"overruns", f.overruns},
              {"writeErrors", f.write_errors},
              {"pssBytes", f.pss_bytes}}};
}

Levels make_levels(const LevelFigures& f) {
  json::object master = write(f.master);
  master["momentaryLufs"] = f.momentary_lufs;
  json::array sources;
  for (const LevelFigures::Source& source : f.sources) {
    json::object out = write(source.meter);
    out["id"] = source.id;
    sources.push_back(std::move(out));
  }
  return {
      .figures = {{"at", f.at}, {"master", std::move(master)}, {"sources", std::move(sources)}}};
}

json::object figures_of(const Status& status) { return detail::write(status); }

std::optional<std::string> fallback_of(const Status& status) {
  const json::value* fallback = status.mix ? status.mix->figures.if_contains("fallback") : nullptr;
  if (fallback == nullptr || !fallback->is_string()) return std::nullopt;
  return std::string(fallback->get_string());
}

namespace detail {

json::object write(const MixStatus& m) { return m.figures; }
void read(Reader& r, MixStatus& m) { m.figures = r.rest(); }

json::object write(const PublishStatus& p) { return p.figures; }
void read(Reader& r, PublishStatus& p) { p.figures = r.rest(); }

json::object write(const Levels& l) { return l.figures; }
void read(Reader& r, Levels& l) { l.figures = r.rest(); }

json::object write(const Status& s) {
  json::object out;
  if (!s.state.empty()) out["state"] = s.state;
  if (s.mix) out["mix"] = link::write(*s.mix);
  if (s.publish) out["publish"] = link::write(*s.publish);
  put(out, "tapeHeadSamples", s.tape_head_samples);
  put(out, "pssBytes", s.pss_bytes);
  put(out, "underruns", s.underruns);
  return out;
}
void read(Reader& r, Status& s) {
  s.state = r.text_if_any("state");
  r.part_if_any("mix", [&s](Reader& mix) { link::read(mix, s.mix.emplace()); });
  r.part_if_any("publish", [&s](Reader& publish) { link::read(publish, s.publish.emplace()); });
  s.tape_head_samples = r.optional_integer("tapeHeadSamples");
  s.pss_bytes = r.optional_integer("pssBytes");
  s.underruns = r.optional_integer("underruns");
}

}  // namespace detail
}  // namespace shelcaster::link
