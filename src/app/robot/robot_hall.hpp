#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/robot/api_server.hpp"
#include "app/robot/voice.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace shelcaster::app {

struct RobotConfig {
  std::string name;  // for the printed reports
  ApiServer server;
  std::string show_id;
  std::string token;
  Voice voice;
};

/// What a robot hears, for the printed reports.
struct RobotReport {
  std::string name;
  bool is_connected = false;
  int connections = 0;  // how often it has connected
  float heard_rms_db = -120.0F;
  float loss_percent = 0;
  float delay_ms = 0;
  float rtt_ms = 0;
  /// How late it spoke at the most since the report before: what others miss then is its own fault.
  float late_ms_max = 0;
};

/// Any number of robots on one thread: each has a UDP socket and a WebRTC client of our own, speaks
/// with its voice, listens to its return, and comes back by itself when its connection ends or
/// nothing comes through it any more.
class RobotHall {
 public:
  RobotHall();
  ~RobotHall();

  base::Result<void> add(RobotConfig config);

  /// Runs until `is_over` (asked each 10 ms) says so. `each_second` gets the reports.
  void run(const std::function<bool()>& is_over,
           const std::function<void(const std::vector<RobotReport>&)>& each_second);

 private:
  class Robot;
  std::vector<std::unique_ptr<Robot>> robots_;
};

}  // namespace shelcaster::app
