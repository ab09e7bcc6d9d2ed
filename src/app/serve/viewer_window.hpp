#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.hpp"
#include "control/ports.hpp"

namespace shelcaster::app {

/// Distinct players per show: who fetched its play list within the last 30 s, told apart by address
/// and user agent (only a hash is kept). Any thread.
class ViewerWindow final : public control::ViewerCounts {
 public:
  explicit ViewerWindow(const control::Clock& clock) : clock_(clock) {}

  void note(const std::string& show_id, std::string_view address, std::string_view user_agent);
  [[nodiscard]] std::int64_t viewers(const studio::ShowId& id) const override;

 private:
  using Seen = std::unordered_map<std::uint64_t, base::Instant>;
  static void forget_old(Seen& seen, base::Instant now);

  const control::Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Seen, std::less<>> shows_;
};

}  // namespace shelcaster::app
