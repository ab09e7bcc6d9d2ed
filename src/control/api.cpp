#include "control/api.hpp"

#include <utility>

#include "control/detail/embedded.hpp"
#include "control/detail/front.hpp"

namespace shelcaster::control {

class Api::Impl {
 public:
  Impl(ApiConfig config, ApiPorts ports)
      : embedded(std::move(config), ports), front(embedded.desk()) {}

  detail::Embedded embedded;
  detail::Front front;
};

Api::Api(ApiConfig config, ApiPorts ports)
    : impl_(std::make_unique<Impl>(std::move(config), ports)) {}
Api::~Api() = default;

void Api::recover() { impl_->embedded.recover(); }

std::variant<BodyPolicy, Response> Api::body_policy(const Request& head) {
  return impl_->front.body_policy(head);
}

bool Api::is_expected_on_air(const studio::ShowId& id) {
  return impl_->front.is_expected_on_air(id);
}

void Api::handle(Request request, Respond respond) {
  impl_->front.handle(std::move(request), std::move(respond));
}

std::variant<SubscriptionId, Response> Api::subscribe(Subscribe wanted) {
  return impl_->front.subscribe(std::move(wanted));
}

void Api::unsubscribe(SubscriptionId id) { impl_->embedded.desk().fan_out.hub.remove(id); }

void Api::handle_link(const studio::ShowId& show, const link::KeeperToServe& message) {
  impl_->embedded.handle_link(show, message);
}

void Api::handle_link_closed(const studio::ShowId& show) {
  impl_->embedded.handle_link_closed(show);
}

void Api::handle_stage_exit(const studio::ShowId& show, std::string_view detail) {
  impl_->embedded.handle_stage_exit(show, detail);
}

void Api::handle_import(const ImportProgress& progress) { impl_->embedded.handle_import(progress); }

void Api::handle_recording_end(const studio::ShowId& show, const std::string& recording_id,
                               RecordingEnd why) {
  impl_->embedded.handle_recording_end(show, recording_id, why);
}

void Api::handle_tick() { impl_->embedded.handle_tick(); }

}  // namespace shelcaster::control
