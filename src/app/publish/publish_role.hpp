#pragma once

#include <string>

namespace shelcaster::app {

struct PublishOptions {
  std::string show_id;
  int tape_fd = -1;
  int link_fd = -1;  // to the keeper
  std::string hls_dir;
  std::string ca_file;  // whom to trust for rtmps; empty: the system's
  /// Where this show's recordings are, each a folder; made with the first of them.
  std::string recordings_dir;
};

/// `shelcaster publish`: reads the tape behind its head, encodes AAC, writes HLS and feeds
/// whatever other destinations are wanted. Runs until `stop` comes over the link (drains the tape,
/// ends the play list, returns 0) or the link breaks (returns 0 as well, without an end mark: the
/// keeper is gone, and the next publisher goes on). 1: could not start.
int run_publish(const PublishOptions& options);

}  // namespace shelcaster::app
