#pragma once

#include "app/config/show_settings.hpp"

namespace shelcaster::app {

/// All descriptors are inherited from the keeper.
struct MixOptions {
  int link_fd = -1;
  int udp_fd = -1;
  int tape_fd = -1;
  int checkpoint_fd = -1;
  ShowSettings settings = {};
};

/// The role `mix`: runs until the keeper says stop or is gone. The process's exit code.
int run_mix(const MixOptions& options);

}  // namespace shelcaster::app
