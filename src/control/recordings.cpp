#include <fmt/format.h>

#include <utility>

#include "control/detail/figures.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

/// For a link that a browser follows, which can send no header. A download that takes longer goes
/// on: only its beginning is judged.
constexpr std::int64_t kDownloadLifetimeS = 3'600;

/// What may be asked for, and nothing else: no name that a client sends gets into a path.
struct RecordingFile {
  std::string_view name;
  std::string_view format;
};
constexpr RecordingFile kFiles[] = {{"programme.flac", "flac"},
                                    {"programme.aac", "aac"},
                                    {"programme.cue", "cue"},
                                    {"marks.jsonl", "marks"}};

const RecordingFile* find_file(std::string_view name) {
  for (const RecordingFile& file : kFiles) {
    if (file.name == name) return &file;
  }
  return nullptr;
}

Recording existing(Desk& desk, const Call& call, const studio::ShowId& show) {
  auto found = desk.core.ports.recordings.find(show, call.params.at(1));
  if (!found) refuse(404, "this show has no such recording");
  return *std::move(found);
}

json::object recording_json(const Recording& recording, const Call& call,
                            const studio::ShowId& show, const std::string& token) {
  json::array files;
  for (const RecordingFile& known : kFiles) {
    const auto file = recording.files.find(std::string(known.name));
    if (file == recording.files.end()) continue;
    files.push_back(
        {{"name", known.name},
         {"format", known.format},
         {"bytes", file->second},
         {"url", fmt::format("{}/shows/{}/recordings/{}/{}?token={}", call.request.base_url,
                             show.str(), recording.id, known.name, token)}});
  }
  return {{"id", recording.id},
          {"startedAt", recording.started_at.unix_ms()},
          {"durationMs", recording.duration_ms},
          {"bytes", recording.bytes},
          {"isOpen", recording.is_open},
          {"isContinuation", recording.is_continuation},
          {"marks", recording.marks},
          {"files", std::move(files)}};
}

}  // namespace

Answered recordings_list(Desk& desk, Call& call) {
  const studio::Show show = desk.core.show(call.show_id());
  const std::string token =
      desk.core.signer.sign({.scope = Scope::kDownload, .show_id = show.id, .participant_id = {}},
                            desk.core.wall(), kDownloadLifetimeS);
  json::array recordings;
  for (const Recording& recording : desk.core.ports.recordings.list(show.id)) {
    recordings.push_back(recording_json(recording, call, show.id, token));
  }
  const LiveShow* live = desk.board.find(show.id);
  const auto problem = live != nullptr ? recording_problem(live->status) : std::nullopt;
  return json_response(200, {{"isEnabled", desk.core.config.has_recording},
                             {"problem", problem && !problem->empty() ? json::value(*problem)
                                                                      : json::value(nullptr)},
                             {"keptDays", desk.core.config.recording_days},
                             {"recordings", std::move(recordings)}});
}

Answered recordings_download(Desk& desk, Call& call) {
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  const Recording recording = existing(desk, call, show);
  const RecordingFile* file = find_file(call.params.at(2));
  if (file == nullptr || !recording.files.contains(std::string(file->name))) {
    refuse(404, "this recording has no such file");
  }
  Response response;
  response.headers = {
      {"Cache-Control", "private, no-store"},
      {"Content-Disposition", fmt::format("attachment; filename=\"{}{}\"", recording.id,
                                          file->name.substr(file->name.rfind('.')))}};
  response.file = fmt::format("{}/{}/{}", show.str(), recording.id, file->name);
  return response;
}

Answered recordings_delete(Desk& desk, Call& call) {
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  const Recording recording = existing(desk, call, show);
  if (recording.is_open) {
    refuse(409, "this recording is still being written: stop the show first");
  }
  Change change = desk.core.change(call.who);
  change.event(show, "recording_deleted", {{"recordingId", recording.id}});
  desk.core.commit(change);
  if (auto removed = desk.core.ports.recordings.remove(show, recording.id); !removed) {
    refuse(503, removed.error().message);
  }
  return Response{.status = 204, .headers = {}, .body = "", .file = ""};
}

}  // namespace shelcaster::control::detail
