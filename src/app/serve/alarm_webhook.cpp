#include "app/serve/alarm_webhook.hpp"

#include <boost/json.hpp>
#include <utility>

namespace shelcaster::app {

namespace json = boost::json;

AlarmWebhook::AlarmWebhook(const std::string& url, const std::string& secret) {
  if (url.empty()) return;
  runtime::WebhookOptions options;
  options.url = url;
  options.secret = secret;
  webhook_.emplace(std::move(options));
}

void AlarmWebhook::tell(const control::Alarm& alarm) {
  if (!webhook_) return;
  json::object body{{"kind", alarm.kind},
                    {"state", alarm.is_raised ? "raised" : "cleared"},
                    {"showId", alarm.show_id.str()},
                    {"title", alarm.title},
                    {"at", alarm.at.unix_ms()},
                    {"detail", alarm.detail}};
  if (!alarm.output_id.empty()) body["outputId"] = alarm.output_id;
  webhook_->post(json::serialize(body));
}

control::AlarmCounts AlarmWebhook::counts() const {
  if (!webhook_) return {};
  const runtime::WebhookCounts counts = webhook_->counts();
  return {counts.delivered, counts.failed, counts.dropped};
}

}  // namespace shelcaster::app
