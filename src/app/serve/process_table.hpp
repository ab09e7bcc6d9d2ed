#pragma once

#include "control/ports.hpp"

namespace shelcaster::app {

/// What /proc says of processes of this machine. Any thread.
class ProcessTable final : public control::Processes {
 public:
  [[nodiscard]] std::optional<control::ProcessUse> use(std::int64_t pid) const override;
};

}  // namespace shelcaster::app
