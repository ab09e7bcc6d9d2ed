#pragma once

#include <string>

#include "app/config/show_settings.hpp"

namespace shelcaster::app {

struct PublishOptions {
  int tape_fd = -1;
  int link_fd = -1;  // to the keeper
  std::string hls_dir;
  /// Where this show's recordings are, each a folder; made with the first of them.
  std::string recordings_dir;
  ShowSettings settings = {};
};

/// `shelcaster publish`: reads the tape behind its head, encodes AAC, writes HLS and feeds
/// whatever other destinations are wanted. Runs until `stop` comes over the link (drains the tape,
/// ends the play list, returns 0) or the link breaks (returns 0 as well, without an end mark: the
/// keeper is gone, and the next publisher goes on). 1: could not start.
int run_publish(const PublishOptions& options);

}  // namespace shelcaster::app
