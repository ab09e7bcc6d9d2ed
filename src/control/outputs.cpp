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
}

Answered outputs_get(Desk& desk, Call& call) {
  return json_response(200,
                       outputs_json(desk.core, desk.runner, desk.core.show(call.show_id()).id));
}

Answered outputs_put_rtmp(Desk& desk, Call& call) {
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  Fields fields(call.body);
  const auto url = fields.text("url", 1, 1024, Need::kRequired);
  const auto key = fields.text("streamKey", 0, 512);
  studio::Output output{std::string(kRtmp), "", ""};
  if (url && key) {
    output.url = *url;
    output.stream_key = *key;
  }
  if (url) {
    const auto parsed = parse_output_url(*url);
    if (!parsed) {
      fields.wrong("url", parsed.error().message);
    } else if (!key) {
      // No key given: the one in the URL, else the one that this same URL had.
      output.url = parsed->url;
      output.stream_key = parsed->stream_key;
      for (const studio::Output& before : desk.core.outputs(show)) {
        if (before.id == kRtmp && before.url == *url) output = before;
      }
    }
  }
  fields.finish();
  Change change = desk.core.change(call.who);
  change.put(show, output);
  change.desire(show);
  change.event(show, "output_set", {{"id", kRtmp}, {"url", output.url}});
  return desk.core.reply(call, change, 200,
                         {{"id", kRtmp},
                          {"url", output.url},
                          {"streamKeySet", !output.stream_key.empty()},
                          {"state", "connecting"},
                          {"detail", ""}});
}

Answered outputs_delete_rtmp(Desk& desk, Call& call) {
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  const auto outputs = desk.core.outputs(show);
  if (std::none_of(outputs.begin(), outputs.end(),
                   [](const auto& output) { return output.id == kRtmp; })) {
    refuse(404, "this show has no rtmp output");
  }
  Change change = desk.core.change(call.who);
  change.remove({store::Collection::kOutputs, show.str(), std::string(kRtmp)});
  change.desire(show);
  change.event(show, "output_removed", {{"id", kRtmp}});
  desk.core.commit(change);
  return Response{204, {}, ""};
}

}  // namespace shelcaster::control::detail
