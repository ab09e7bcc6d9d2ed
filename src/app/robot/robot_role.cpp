#include "app/robot/robot_role.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "app/robot/api_client.hpp"
#include "app/robot/robot_hall.hpp"
#include "app/robot/stop_signal.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::app {
namespace {

namespace json = boost::json;

int complain(const base::Error& error) {
  fmt::print(stderr, "robot: {}\n", error.message);
  return 1;
}

/// The token as it is, or a caller's own if it is an invitation.
base::Result<std::string> take_seat(const RobotOptions& options, const std::string& name) {
  ApiClient api(options.server, options.token);
  const auto me = api.request("GET", fmt::format("/shows/{}/me", options.show_id), "", "");
  if (!me) return tl::unexpected(me.error());
  if (me->status == 200) return options.token;
  const json::object body{{"username", name}};
  const auto joined = api.call("POST", fmt::format("/shows/{}/join", options.show_id), &body);
  if (!joined) return tl::unexpected(joined.error());
  return std::string(joined->at("token").as_string());
}

void print_reports(const std::vector<RobotReport>& reports) {
  for (const RobotReport& report : reports) {
    fmt::print("{}\n", json::serialize(json::object{{"name", report.name},
                                                    {"connected", report.is_connected},
                                                    {"connections", report.connections},
                                                    {"heardRmsDb", report.heard_rms_db},
                                                    {"lossPercent", report.loss_percent},
                                                    {"delayMs", report.delay_ms},
                                                    {"rttMs", report.rtt_ms},
                                                    {"lateMsMax", report.late_ms_max}}));
  }
  std::fflush(stdout);
}

}  // namespace

int run_robot(const RobotOptions& options) {
  catch_stop_signals();
  RobotHall hall;
  for (int i = 0; i < options.count; ++i) {
    const std::string name = fmt::format("robot-{}", i + 1);
    auto voice = Voice::parse(options.voice, static_cast<std::uint64_t>(i) + 1);
    if (!voice) return complain(voice.error());
    const auto token = take_seat(options, name);
    if (!token) return complain(token.error());
    const auto added = hall.add({.name = name,
                                 .server = options.server,
                                 .show_id = options.show_id,
                                 .token = *token,
                                 .voice = *std::move(voice)});
    if (!added) return complain(added.error());
  }
  const base::Instant until =
      options.seconds > 0 ? runtime::SystemClock::now() + std::chrono::seconds(options.seconds)
                          : base::Instant::never();
  hall.run([&] { return stop_was_asked() || runtime::SystemClock::now() >= until; }, print_reports);
  return 0;
}

}  // namespace shelcaster::app
