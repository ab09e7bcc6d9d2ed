#pragma once

#include <string>
#include <vector>

#include "app/config/returns_config.hpp"

namespace shelcaster::app {

/// All descriptors are inherited from the keeper.
struct MixOptions {
  std::string show_id;
  int link_fd = -1;
  int udp_fd = -1;
  int tape_fd = -1;
  int checkpoint_fd = -1;
  /// The addresses that go into answers as host candidates, the preferred one first; the port is
  /// the socket's.
  std::vector<std::string> media_addresses;
  ReturnsConfig returns{};
};

/// The role `mix`: runs until the keeper says stop or is gone. The process's exit code.
int run_mix(const MixOptions& options);

}  // namespace shelcaster::app
