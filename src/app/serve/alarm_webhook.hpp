#pragma once

#include <optional>
#include <string>

#include "control/ports.hpp"
#include "runtime/webhook.hpp"

namespace shelcaster::app {

/// Alarms go to the operator's webhook, if there is one.
class AlarmWebhook final : public control::Alarms {
 public:
  /// An empty URL: nobody is told.
  AlarmWebhook(const std::string& url, const std::string& secret);

  void tell(const control::Alarm&) override;
  [[nodiscard]] control::AlarmCounts counts() const override;

 private:
  std::optional<runtime::Webhook> webhook_;
};

}  // namespace shelcaster::app
