#pragma once

#include <filesystem>
#include <string>

#include "app/config/show_settings.hpp"
#include "base/time.hpp"

namespace shelcaster::app {

struct KeeperOptions {
  std::string show_id;
  std::filesystem::path data_dir;
  /// The show was on the air already: go on where the last keeper's note says.
  bool is_resumed = false;
  /// What serve listens on; empty: data_dir/run/link.sock.
  std::filesystem::path link_path;
  ShowSettings settings = {};  // its own, and its children's
  /// What the children are started from.
  std::filesystem::path mix_program;
  std::filesystem::path publish_program;
  base::Duration mix_start_grace = std::chrono::seconds(5);
  base::Duration publish_start_grace = std::chrono::seconds(15);
};

/// The role `compose`: keeps one show on the air until serve says stop or SIGTERM comes, both of
/// which end it within 30 s. The process's exit code. Call it before there are other threads.
int run_keeper(const KeeperOptions& options);

}  // namespace shelcaster::app
