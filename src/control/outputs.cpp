#include <algorithm>
#include <utility>

#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"
#include "control/urls.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

constexpr std::string_view kRtmp = "rtmp";

std::optional<studio::Output> stored_rtmp(Desk& desk, const studio::ShowId& show) {
  for (studio::Output& output : desk.core.outputs(show)) {
    if (output.id == kRtmp) return std::move(output);
  }
  return std::nullopt;
}

/// Why a destination fails says what is at an address: who asks for many is scanning.
void require_calm(Desk& desk, const studio::ShowId& show) {
  if (desk.limits.destinations.take(show.str(), desk.core.ports.clock.now())) return;
  throw Refusal{{429,
                 "the destination of this show was changed too often: wait a minute",
                 {},
                 {},
                 {{"Retry-After", "10"}}}};
}

/// Amazon IVS refuses or disturbs what varies; its ingest is known by its name.
bool wants_constant_rate(const std::string& url) {
  const std::size_t host = url.find("://");
  if (host == std::string::npos) return false;
  std::string_view authority = std::string_view(url).substr(host + 3);
  authority = authority.substr(0, authority.find_first_of("/:"));
  return authority.ends_with(".live-video.net");
}

}  // namespace

Answered outputs_get(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kOutputs});
  return json_response(200, outputs_json(desk.core, desk.board, desk.core.show(call.show_id()).id));
}

Answered outputs_put_rtmp(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kOutputs});
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  Fields fields(call.body);
  const auto url = fields.text("url", 1, 1024, Need::kRequired);
  const auto key = fields.text("streamKey", 0, 512);
  const auto is_constant_rate = fields.boolean("constantRate");
  studio::Output output{std::string(kRtmp), "", ""};
  const std::optional<studio::Output> before = stored_rtmp(desk, show);
  if (url) {
    const bool is_private_allowed =
        desk.core.config.allow_private_destinations ||
        (before && before->allow_private && has_same_host(before->url, *url));
    // What a GET showed of the one that is set is that one.
    const bool is_as_shown = before && without_secrets(before->url) == *url;
    const std::string wanted = is_as_shown ? before->url : *url;
    const auto parsed = parse_output_url(wanted, is_private_allowed);
    if (!parsed) {
      fields.wrong("url", parsed.error().message);
    } else if (key && !key->empty()) {
      output = {std::string(kRtmp), wanted, *key, is_private_allowed};
    } else if (is_as_shown && !key) {
      output = *before;
    } else {
      output = {std::string(kRtmp), parsed->url, parsed->stream_key, is_private_allowed};
    }
  }
  fields.finish();
  Change change = desk.core.change(call.who);
  output.is_constant_rate = is_constant_rate.value_or(wants_constant_rate(output.url));
  const bool is_same_place =
      before && before->url == output.url && before->stream_key == output.stream_key;
  if (!is_same_place && !call.is_again) require_calm(desk, show);
  output.revision = before ? before->revision : 0;
  if (!is_same_place || before->is_constant_rate != output.is_constant_rate) {
    output.revision = std::max(output.revision + 1, change.at().unix_ms());
  }
  change.put(show, output);
  change.desire(show);
  change.event(show, "output_set", {{"id", kRtmp}, {"url", without_secrets(output.url)}});
  return desk.core.reply(call, change, 200,
                         {{"id", kRtmp},
                          {"url", without_secrets(output.url)},
                          {"streamKeySet", !output.stream_key.empty()},
                          {"constantRate", output.is_constant_rate},
                          {"state", "connecting"},
                          {"detail", ""},
                          {"problem", nullptr}});
}

Answered outputs_delete_rtmp(Desk& desk, Call& call) {
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  const store::Key key{store::Collection::kOutputs, show.str(), std::string(kRtmp)};
  if (!desk.core.exists(key)) refuse(404, "this show has no rtmp output");
  Change change = desk.core.change(call.who);
  change.remove(key);
  change.desire(show);
  change.event(show, "output_removed", {{"id", kRtmp}});
  desk.core.commit(change);
  return Response{204, {}, ""};
}

}  // namespace shelcaster::control::detail
