#include <utility>

#include "base/log.hpp"
#include "control/detail/addressed.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"
#include "control/urls.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

studio::Track addressed_track(Desk& desk, const Call& call) {
  return addressed(desk.core, call, &Core::find_track, "track");
}

/// "My%20Song.mp3" → "My Song": what a person would call the file.
std::string title_of_file(std::string name) {
  if (const auto decoded = percent_decoded(name)) name = *decoded;
  if (const std::size_t slash = name.find_last_of("/\\"); slash != std::string::npos) {
    name.erase(0, slash + 1);
  }
  if (const std::size_t dot = name.rfind('.'); dot != std::string::npos && dot > 0) {
    name.resize(dot);
  }
  std::erase_if(name, [](char c) { return static_cast<unsigned char>(c) < 0x20U; });
  if (name.empty() || name.size() > kTitleMax) return "Untitled";
  return name;
}

std::string title_of_url(const std::string& url) {
  const std::size_t path_end = url.find_first_of("?#");
  return title_of_file(url.substr(0, path_end));
}

studio::Track new_track(Desk& desk, Change& change, std::string title, bool is_given) {
  studio::Track track;
  track.id = studio::TrackId(desk.core.new_id("track"));
  track.title = std::move(title);
  track.is_title_given = is_given;
  track.created_at = change.at();
  return track;
}

json::object accepted(const studio::Track& track) {
  return {{"trackId", track.id.str()},
          {"title", track.title},
          {"status", studio::to_string(track.status)}};
}

Response create_from_upload(Desk& desk, Call& call) {
  const auto title = call.query.find("title");
  const auto filename = call.query.find("filename");
  const bool is_given = title != call.query.end() && !title->second.empty();
  std::string name = "Untitled";
  if (is_given) {
    name = title->second;
  } else if (filename != call.query.end()) {
    name = title_of_file(filename->second);
  }
  if (name.size() > kTitleMax) refuse(422, "?title= must have at most 200 bytes");
  if (call.request.body_file.empty()) refuse(400, "the upload is empty");
  Change change = desk.core.change(call.who);
  studio::Track track = new_track(desk, change, name, is_given);
  track.source = "upload";
  change.put(track);
  Response response = desk.core.reply(call, change, 202, accepted(track));
  desk.core.ports.media.start_import({track.id, call.request.body_file,
                                      std::string(header_of(call.request.headers, "Content-Type")),
                                      "", false});
  call.request.body_file.clear();  // the job's now
  return response;
}

}  // namespace

studio::Track make_fetched_track(Desk& desk, Change& change, const std::string& url,
                                 const std::optional<std::string>& title) {
  studio::Track track =
      new_track(desk, change, title.value_or(title_of_url(url)), title.has_value());
  track.source = url;
  change.put(track);
  return track;
}

void start_fetch(Desk& desk, const studio::Track& track, bool is_awaited) {
  desk.core.ports.media.start_import(
      {track.id, {}, "", track.source, desk.core.config.allow_private_urls, is_awaited});
}

Answered tracks_create(Desk& desk, Call& call) {
  const std::string_view type = header_of(call.request.headers, "Content-Type");
  if (!type.starts_with("application/json")) return create_from_upload(desk, call);
  Fields fields(call.body);
  const auto url = fields.text("url", 1, 2048, Need::kRequired);
  const auto title = fields.text("title", 1, kTitleMax);
  if (url) {
    const auto checked = check_media_url(*url, desk.core.config.allow_private_urls);
    if (!checked) fields.wrong("url", checked.error().message);
  }
  fields.finish();
  Change change = desk.core.change(call.who);
  const studio::Track track = make_fetched_track(desk, change, *url, title);
  Response response = desk.core.reply(call, change, 202, accepted(track));
  start_fetch(desk, track);
  return response;
}

Answered tracks_list(Desk& desk, Call&) {
  return list_response("tracks", desk.core.tracks(),
                       [&](const studio::Track& track) { return track_json(desk.core, track); });
}

Answered tracks_get(Desk& desk, Call& call) {
  return json_response(200, track_json(desk.core, addressed_track(desk, call)));
}

Answered tracks_patch(Desk& desk, Call& call) {
  studio::Track track = addressed_track(desk, call);
  track.title = only_title(call);
  track.is_title_given = true;
  Change change = desk.core.change(call.who);
  change.put(track);
  return desk.core.reply(call, change, 200, track_json(desk.core, track));
}

Answered tracks_delete(Desk& desk, Call& call) {
  const studio::Track track = addressed_track(desk, call);
  Change change = desk.core.change(call.who);
  change.remove({store::Collection::kTracks, "", track.id.str()});
  for (studio::Tracklist list : desk.core.tracklists()) {
    if (std::erase(list.track_ids, track.id) > 0) {
      list.updated_at = change.at();
      change.put(list);
    }
  }
  for (const studio::Show& show : desk.core.shows()) {
    studio::Queue queue = desk.core.queue(show.id);
    if (std::erase_if(queue.items, [&](const auto& item) { return item.track_id == track.id; }) ==
        0) {
      continue;
    }
    change.put(show.id, queue);
    change.desire(show.id);
    change.event(show.id, "queue_updated", queue_json(desk.core, show.id, queue));
  }
  desk.core.commit(change);
  desk.core.ports.media.cancel_import(track.id);
  desk.core.ports.media.remove(track.id);
  desk.core.import_progress.erase(track.id);
  return Response{204, {}, ""};
}

namespace {

/// How long it will be is known long before it is ready.
void take_unfinished(Desk& desk, studio::Track track, const ImportProgress& report) {
  desk.core.import_progress[track.id] = report.progress;
  if (!report.duration_ms || track.duration_ms == report.duration_ms) return;
  track.duration_ms = report.duration_ms;
  Change change = desk.core.change_by_system();
  change.put(track);
  for (const studio::Show& show : desk.core.shows()) {
    if (desk.runner.find_item(show.id, track.id)) change.desire(show.id);
  }
  desk.core.commit(change);
}

}  // namespace

void take_import_progress(Desk& desk, const ImportProgress& report) {
  auto track = desk.core.find_track(report.track_id);
  if (!track) return;  // deleted meanwhile
  if (report.state == ImportProgress::State::kImporting) {
    return take_unfinished(desk, std::move(*track), report);
  }
  desk.core.import_progress.erase(track->id);
  const bool is_ready = report.state == ImportProgress::State::kReady;
  track->status = is_ready ? studio::TrackStatus::kReady : studio::TrackStatus::kFailed;
  track->error = is_ready ? "" : report.error;
  if (report.title && !report.title->empty() && !track->is_title_given) {
    track->title = report.title->substr(0, kTitleMax);
  }
  track->duration_ms = report.duration_ms;
  track->loudness_lufs = report.loudness_lufs;
  track->true_peak_db = report.true_peak_db;
  if (report.loudness_lufs && report.true_peak_db) {
    track->gain_db = studio::normalisation_gain_db(*report.loudness_lufs, *report.true_peak_db);
  }
  Change change = desk.core.change_by_system();
  change.put(*track);
  // Shows that have it in their queue or on their deck learn its length and gain, or its failure;
  // so do those that came to the end of what there was of it.
  std::vector<std::pair<studio::ShowId, studio::QueueItem>> users;
  for (const studio::Show& show : desk.core.shows()) {
    const bool has_left = desk.runner.take_left_unready(show.id, track->id);
    const auto item = desk.runner.find_item(show.id, track->id);
    if (!item && !has_left) continue;
    if (item) {
      users.emplace_back(show.id, *item);
      change.desire(show.id);
    }
    json::object data{{"trackId", track->id.str()}, {"title", track->title}};
    if (!is_ready) data["error"] = track->error;
    change.event(show.id, is_ready ? "track_ready" : "track_failed", std::move(data));
  }
  desk.core.commit(change);
  if (is_ready) return;
  for (const auto& [show, item] : users) desk.runner.skip_unheard(show, item);
}

}  // namespace shelcaster::control::detail
