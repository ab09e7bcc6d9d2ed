#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "app/config/serve_config.hpp"
#include "app/importer/import_role.hpp"
#include "app/importer/sandbox.hpp"
#include "app/keeper/keeper_role.hpp"
#include "app/mix/mix_role.hpp"
#include "app/publish/publish_role.hpp"
#include "app/robot/robot_role.hpp"
#include "app/serve/serve_role.hpp"
#include "base/log.hpp"

namespace shelcaster::app {
namespace {

namespace log = base::log;
using Role = std::function<int()>;

log::Level level_of(const std::string& name) {
  if (name == "debug") return log::Level::kDebug;
  if (name == "warn") return log::Level::kWarn;
  if (name == "error") return log::Level::kError;
  return log::Level::kInfo;
}

// Children say for which show they speak.
void start_log(const std::string& role, const std::string& show_id, const std::string& level) {
  log::start(show_id.empty() ? role : role + " " + show_id, level_of(level));
}

struct ServeFlags {
  std::map<std::string, std::string> values;
  std::string config_file;
};

int serve(const CLI::App& command, ServeFlags& flags) {
  ConfigSources sources;
  for (const auto& [flag, value] : flags.values) {
    if (command.count("--" + flag) > 0) sources.flags[flag] = value;
  }
  sources.environment = [](const char* name) -> const char* { return std::getenv(name); };
  if (!flags.config_file.empty()) {
    sources.file = flags.config_file;
  } else {
    for (const char* place : {"config/shelcaster.toml", "/etc/shelcaster/shelcaster.toml"}) {
      if (std::filesystem::exists(place) && !sources.file) sources.file = place;
    }
  }
  const auto config = load_serve_config(sources);
  if (!config) {
    fmt::print(stderr, "{}\n", config.error().message);
    return 2;
  }
  start_log("serve", "", config->log_level);
  if (!has_landlock()) {
    log::warn("serve", "this kernel has no Landlock: imports are confined by seccomp alone");
  }
  return run_serve(*config);
}

void add_serve(CLI::App& app, Role& role) {
  CLI::App* command =
      app.add_subcommand("serve", "the control plane, the pages and the HLS origin");
  auto flags = std::make_shared<ServeFlags>();
  command->add_option("--config", flags->config_file, "settings file (see config/shelcaster.toml)")
      ->envname("SHELCASTER_CONFIG")
      ->check(CLI::ExistingFile);
  for (const Setting& setting : serve_settings()) {
    const std::string flag(setting.flag);
    const std::string help = fmt::format("{} [{}]", setting.help, setting.environment_name());
    std::string& value = flags->values[flag];
    if (std::holds_alternative<bool ServeConfig::*>(setting.field)) {
      value = "true";
      command->add_flag("--" + flag, help);
    } else if (std::holds_alternative<std::vector<std::string> ServeConfig::*>(setting.field)) {
      command->add_option("--" + flag, value, help)->join(',');
    } else {
      command->add_option("--" + flag, value, help);
    }
  }
  command->callback(
      [&role, command, flags] { role = [command, flags] { return serve(*command, *flags); }; });
}

void add_returns(CLI::App& command, ReturnsConfig& returns) {
  command.add_option("--returns-channels", returns.channels)->check(CLI::Range(1, 2));
  command.add_option("--returns-bitrate-bps", returns.bitrate_bps)
      ->check(CLI::Range(16'000, 256'000));
  command.add_option("--returns-complexity", returns.complexity)->check(CLI::Range(0, 10));
}

void add_compose(CLI::App& app, Role& role) {
  CLI::App* command = app.add_subcommand("compose", "the keeper of one show (started by serve)");
  auto options = std::make_shared<KeeperOptions>();
  command->add_option("--show-id", options->show_id)->required();
  command->add_option("--data", options->data_dir)->required();
  command->add_option("--link", options->link_path);
  command->add_option("--media-ip", options->media_addresses);
  command->add_option("--media-port", options->media_port);
  command->add_option("--media-port-min", options->media_port_min);
  command->add_option("--media-port-max", options->media_port_max);
  command->add_option("--tape-seconds", options->tape_seconds)->check(CLI::Range(4, 600));
  command->add_option("--ca-file", options->ca_file);
  command->add_option("--log-level", options->log_level);
  add_returns(*command, options->returns);
  command->callback([&role, options] {
    role = [options] {
      start_log("compose", options->show_id, options->log_level);
      return run_keeper(*options);
    };
  });
}

void add_mix(CLI::App& app, Role& role) {
  CLI::App* command = app.add_subcommand("mix", "the mixer of one show (started by compose)");
  auto options = std::make_shared<MixOptions>();
  command->add_option("--show-id", options->show_id)->required();
  command->add_option("--link-fd", options->link_fd)->required();
  command->add_option("--udp-fd", options->udp_fd)->required();
  command->add_option("--tape-fd", options->tape_fd)->required();
  command->add_option("--checkpoint-fd", options->checkpoint_fd)->required();
  command->add_option("--media-ip", options->media_addresses)->required();
  add_returns(*command, options->returns);
  auto level = std::make_shared<std::string>("info");
  command->add_option("--log-level", *level);
  command->callback([&role, options, level] {
    role = [options, level] {
      start_log("mix", options->show_id, *level);
      return run_mix(*options);
    };
  });
}

void add_publish(CLI::App& app, Role& role) {
  CLI::App* command =
      app.add_subcommand("publish", "the publisher of one show (started by compose)");
  auto options = std::make_shared<PublishOptions>();
  command->add_option("--show-id", options->show_id)->required();
  command->add_option("--link-fd", options->link_fd)->required();
  command->add_option("--tape-fd", options->tape_fd)->required();
  command->add_option("--hls-dir", options->hls_dir)->required();
  command->add_option("--ca-file", options->ca_file);
  auto level = std::make_shared<std::string>("info");
  command->add_option("--log-level", *level);
  command->callback([&role, options, level] {
    role = [options, level] {
      start_log("publish", options->show_id, *level);
      return run_publish(*options);
    };
  });
}

void add_import(CLI::App& app, Role& role) {
  CLI::App* command =
      app.add_subcommand("import", "makes one track ready to play (started by serve)");
  auto options = std::make_shared<ImportOptions>();
  command->add_option("--source", options->source)->required();
  command->add_option("--out", options->out)->required();
  command->add_option("--progress-fd", options->progress_fd)->required();
  command->add_option("--complete-fd", options->complete_fd);
  command->callback([&role, options] {
    role = [options] {
      start_log("import", "", "info");
      return run_import(*options);
    };
  });
}

void add_robot(CLI::App& app, Role& role) {
  CLI::App* command = app.add_subcommand("robot", "WebRTC clients that talk and listen");
  auto options = std::make_shared<RobotOptions>();
  command->add_option("--server", options->server_url, "http://host:port");
  command->add_option("--show", options->show_id)->required();
  command->add_option("--token", options->token, "a person's token or an invitation")
      ->envname("SHELCASTER_TOKEN")
      ->required();
  command->add_option("--voice", options->voice, "speech, silence or tone:<Hz>");
  command->add_option("--count", options->count)->check(CLI::Range(1, 1'000));
  command->add_option("--seconds", options->seconds, "0: until SIGTERM");
  command->callback([&role, options] {
    role = [options] {
      start_log("robot", "", "info");
      return run_robot(*options);
    };
  });
}

void add_demo(CLI::App& app, Role& role) {
  CLI::App* command = app.add_subcommand("demo", "puts a show with robots on the air");
  auto options = std::make_shared<DemoOptions>();
  command->add_option("--server", options->server_url, "http://host:port");
  command->add_option("--admin-token", options->admin_token)
      ->envname("SHELCASTER_ADMIN_TOKEN")
      ->required();
  command->add_option("--title", options->title);
  command->add_flag("!--no-robots", options->has_robots, "only make, start and link the show");
  command->callback([&role, options] {
    role = [options] {
      start_log("demo", "", "info");
      return run_demo(*options);
    };
  });
}

int run(int argc, char** argv) {
  CLI::App app("Shelcaster puts a live radio show with callers on the air", "shelcaster");
  app.require_subcommand(1);
  Role role;
  add_serve(app, role);
  add_compose(app, role);
  add_mix(app, role);
  add_publish(app, role);
  add_import(app, role);
  add_robot(app, role);
  add_demo(app, role);
  CLI11_PARSE(app, argc, argv);
  return role();
}

}  // namespace
}  // namespace shelcaster::app

int main(int argc, char** argv) {
  int code = 1;
  try {
    code = shelcaster::app::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "shelcaster: {}\n", error.what());
  }
  // A thread that hangs in a dead destination or download is left where it is: static destructors
  // may not pull its libraries away from under it.
  std::fflush(nullptr);
  std::_Exit(code);
}
