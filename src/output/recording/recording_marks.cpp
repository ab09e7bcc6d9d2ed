#include "output/recording/recording_marks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <utility>

#include "tape/track_mark.hpp"

namespace shelcaster::output {
namespace {

namespace json = boost::json;

constexpr int kCueTracksMax = 99;
constexpr std::int64_t kCueFramesPerSecond = 75;

std::string line_of(const RecordingState& state, base::SampleTime at, std::string_view kind,
                    const json::object& more) {
  const std::int64_t sample = std::max<std::int64_t>(0, at - state.start);
  json::object line{{"ms", sample * 1000 / base::kSampleRate}, {"sample", sample}, {"kind", kind}};
  for (const auto& member : more) line[member.key()] = member.value();
  return json::serialize(line) + "\n";
}

std::string track_line(const RecordingState& state, base::SampleTime at) {
  const tape::TrackMark track = tape::parse_track_mark(state.track);
  return line_of(state, at, "track", {{"title", track.title}, {"artist", track.artist}});
}

/// What a quoted string of a cue sheet can't hold.
std::string cue_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? '\'' : static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  return out + '"';
}

std::string text_of(const json::object& line, std::string_view name) {
  const json::value* found = line.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

}  // namespace

std::string note_mark(RecordingState& state, const tape::Mark& mark) {
  ++state.marks;
  const auto person = std::find(state.on_air.begin(), state.on_air.end(), mark.text);
  const bool is_on_air = person != state.on_air.end();
  switch (mark.kind) {
    case tape::MarkKind::kTrack:
      if (state.track == mark.text) break;
      state.track = mark.text;
      if (state.track.empty()) return line_of(state, mark.at, "track_end", {});
      return track_line(state, mark.at);
    case tape::MarkKind::kOnAir:
      if (is_on_air) break;
      state.on_air.push_back(mark.text);
      return line_of(state, mark.at, "on_air", {{"participantId", mark.text}});
    case tape::MarkKind::kOffAir:
      if (!is_on_air) break;
      state.on_air.erase(person);
      return line_of(state, mark.at, "off_air", {{"participantId", mark.text}});
    case tape::MarkKind::kChapter:
      return line_of(state, mark.at, "chapter", {{"title", mark.text}});
    case tape::MarkKind::kGap:
      return line_of(state, mark.at, "gap", {});
  }
  --state.marks;
  return {};
}

std::string opening_marks(RecordingState& state) {
  std::string lines;
  if (!state.track.empty()) {
    lines += track_line(state, state.start);
    ++state.marks;
  }
  for (const std::string& id : state.on_air) {
    lines += line_of(state, state.start, "on_air", {{"participantId", id}});
    ++state.marks;
  }
  return lines;
}

std::optional<std::string> cue_sheet(std::string_view marks_jsonl, std::string_view title,
                                     std::string_view file) {
  std::string sheet = fmt::format("TITLE {}\nFILE {} WAVE\n", cue_text(title), cue_text(file));
  int tracks = 0;
  while (!marks_jsonl.empty() && tracks < kCueTracksMax) {
    const std::string_view text = marks_jsonl.substr(0, marks_jsonl.find('\n'));
    marks_jsonl.remove_prefix(std::min(text.size() + 1, marks_jsonl.size()));
    boost::system::error_code error;
    const json::value value = json::parse({text.data(), text.size()}, error);
    if (error || !value.is_object()) continue;
    const json::object& line = value.get_object();
    const json::value* sample = line.if_contains("sample");
    if (text_of(line, "kind") != "track" || sample == nullptr || !sample->is_int64()) continue;
    const std::int64_t frames = sample->get_int64() * kCueFramesPerSecond / base::kSampleRate;
    fmt::format_to(std::back_inserter(sheet), "  TRACK {:02} AUDIO\n    TITLE {}\n", ++tracks,
                   cue_text(text_of(line, "title")));
    if (const std::string artist = text_of(line, "artist"); !artist.empty()) {
      fmt::format_to(std::back_inserter(sheet), "    PERFORMER {}\n", cue_text(artist));
    }
    fmt::format_to(std::back_inserter(sheet), "    INDEX 01 {:02}:{:02}:{:02}\n",
                   frames / kCueFramesPerSecond / 60, frames / kCueFramesPerSecond % 60,
                   frames % kCueFramesPerSecond);
  }
  return tracks > 0 ? std::optional(std::move(sheet)) : std::nullopt;
}

}  // namespace shelcaster::output
