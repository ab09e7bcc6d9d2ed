#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "control/detail/download_name.hpp"
#include "control/detail/figures.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/library_page.hpp"
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

constexpr const char* kNoSuchRecording = "this show has no such recording";
constexpr const char* kNoSuchFile = "this recording has no such file";

/// Of a disk that has none.
Response no_answer(const base::Error& error) { return to_response({503, error.message}); }

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

Response page_of(const Call& call, const PageQuery& query, const RecordingPage& found,
                 json::object head, const std::string& token) {
  head["bytes"] = found.closed_bytes;
  head["bytesMax"] = found.closed_bytes_max;
  head["nextToGo"] =
      found.next_to_go.empty() ? json::value(nullptr) : json::value(found.next_to_go);
  LibraryPage page("recordings", query, head);
  for (const Recording& recording : found.recordings) {
    const LibraryIndex::Place place{recording.started_at.unix_ms(), recording.id};
    if (!page.add(place, recording_json(recording, call, call.show_id(), token))) {
      return std::move(page).response(call, true);
    }
  }
  return std::move(page).response(call, found.has_more);
}

Response download(const studio::Show& show, const std::optional<Recording>& recording,
                  const RecordingFile& file) {
  if (!recording) return to_response({404, kNoSuchRecording});
  if (!recording->files.contains(std::string(file.name))) return to_response({404, kNoSuchFile});
  Response response;
  response.headers = {
      {"Cache-Control", "private, no-store"},
      {"Content-Disposition", download_disposition(show.title, recording->started_at,
                                                   file.name.substr(file.name.rfind('.')))}};
  response.file = fmt::format("{}/{}/{}", show.id.str(), recording->id, file.name);
  return response;
}

Response deleted(Core& core, const studio::ShowId& show, const Call& call,
                 RecordingRemoval removal) {
  if (removal == RecordingRemoval::kUnknown) return to_response({404, kNoSuchRecording});
  if (removal == RecordingRemoval::kOpen) {
    return to_response({409, "this recording is still being written: stop the show first"});
  }
  core.contained("recordings", [&] {
    if (!core.find_show(show)) return;
    Change change = core.change(call.who);
    change.event(show, "recording_deleted", {{"recordingId", call.params.at(1)}});
    (void)core.try_commit(change);
  });
  return Response{.status = 204, .headers = {}, .body = "", .file = ""};
}

}  // namespace

Answered recordings_list(Desk& desk, Call& call) {
  const studio::Show show = desk.core.show(call.show_id());
  const PageQuery query = page_query(call);
  RecordingQuery wanted{.before = {}, .limit = query.limit};
  if (!query.after.id.empty()) {
    wanted.before = base::WallTime::from_unix_ms(query.after.created_ms);
  }
  const LiveShow* live = desk.board.find(show.id);
  const auto problem = live != nullptr ? recording_problem(live->status) : std::nullopt;
  json::object head{
      {"isEnabled", desk.core.config.has_recording},
      {"problem", problem && !problem->empty() ? json::value(*problem) : json::value(nullptr)},
      {"keptDays", desk.core.config.recording_days}};
  const std::string token =
      desk.core.signer.sign({.scope = Scope::kDownload, .show_id = show.id, .participant_id = {}},
                            desk.core.wall(), kDownloadLifetimeS);
  const auto asked = std::make_shared<const Call>(std::move(call));
  desk.core.ports.recordings.list(
      show.id, wanted,
      [asked, query, token, head = std::move(head)](const base::Result<RecordingPage>& found) {
        asked->respond(found ? page_of(*asked, query, *found, head, token)
                             : no_answer(found.error()));
      });
  return std::nullopt;
}

Answered recordings_download(Desk& desk, Call& call) {
  const studio::Show show = desk.core.show(call.show_id());
  const RecordingFile* file = find_file(call.params.at(2));
  if (file == nullptr) refuse(404, kNoSuchFile);
  desk.core.ports.recordings.find(
      show.id, call.params.at(1),
      [show, file,
       respond = std::move(call.respond)](const base::Result<std::optional<Recording>>& found) {
        respond(found ? download(show, *found, *file) : no_answer(found.error()));
      });
  return std::nullopt;
}

/// Its row in the show's log says what has happened, so it is written when it has; a store that
/// can't take it doesn't bring the recording back.
Answered recordings_delete(Desk& desk, Call& call) {
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  const auto asked = std::make_shared<const Call>(std::move(call));
  desk.core.ports.recordings.remove(
      show, asked->params.at(1),
      [&core = desk.core, show, asked](const base::Result<RecordingRemoval>& removed) {
        asked->respond(removed ? deleted(core, show, *asked, *removed)
                               : no_answer(removed.error()));
      });
  return std::nullopt;
}

}  // namespace shelcaster::control::detail
