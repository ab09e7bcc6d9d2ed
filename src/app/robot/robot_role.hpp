#pragma once

#include <string>

#include "app/robot/api_server.hpp"

namespace shelcaster::app {

/// One or more of our own WebRTC clients, real ones over UDP, all with the same voice kind.
struct RobotOptions {
  ApiServer server;
  std::string show_id;
  /// A person's token, or an invitation: then each robot joins as a caller of its own.
  std::string token;
  /// "speech", "silence" or "tone:<Hz>".
  std::string voice = "speech";
  int count = 1;
  /// 0: until SIGTERM or SIGINT.
  int seconds = 0;
};

/// The role `robot`. Prints one JSON line a second about what each robot hears. The exit code.
int run_robot(const RobotOptions& options);

struct DemoOptions {
  ApiServer server;
  std::string admin_token;
  std::string title = "Demonstration";
  /// False: only makes a show, starts it and prints its links.
  bool has_robots = true;
};

/// The role `demo`: makes sure that there is a show on the air and prints its studio, join and
/// listen links; with robots also a host, two callers and music, until SIGTERM or SIGINT.
int run_demo(const DemoOptions& options);

}  // namespace shelcaster::app
