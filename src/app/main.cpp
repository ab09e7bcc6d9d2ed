#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "app/command/command_line.hpp"
#include "app/config/environment.hpp"
#include "app/config/serve_config.hpp"
#include "app/importer/import_role.hpp"
#include "app/importer/sandbox.hpp"
#include "app/publish/publish_role.hpp"
#include "app/robot/robot_role.hpp"
#include "app/serve/serve_role.hpp"
#include "base/log.hpp"

namespace shelcaster::app {
namespace {

namespace log = base::log;

struct ServeFlags {
  std::map<std::string, std::string> values;
  std::string config_file;
};

std::span<const char* const> environment() {
  std::size_t size = 0;
  while (::environ[size] != nullptr) ++size;
  return {::environ, size};
}

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
  for (const std::string& sentence : unknown_variables(environment())) {
    log::warn("serve", "{}", sentence);
  }
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
    const std::string help = setting.help_text();
    std::string& value = flags->values[flag];
    if (setting.holds<bool>()) {
      command->add_flag("--" + flag, value, help);
    } else if (setting.holds<std::vector<std::string>>()) {
      command->add_option("--" + flag, value, help)->join(',');
    } else {
      command->add_option("--" + flag, value, help);
    }
  }
  command->callback(
      [&role, command, flags] { role = [command, flags] { return serve(*command, *flags); }; });
}

void add_publish(CLI::App& app, Role& role) {
  CLI::App* command =
      app.add_subcommand("publish", "the publisher of one show (started by compose)");
  auto arguments = std::make_shared<ShowArguments>();
  auto options = std::make_shared<PublishOptions>();
  add_show_arguments(*command, *arguments);
  command->add_option("--link-fd", options->link_fd)->required();
  command->add_option("--tape-fd", options->tape_fd)->required();
  command->add_option("--hls-dir", options->hls_dir)->required();
  command->add_option("--recordings-dir", options->recordings_dir)->required();
  command->callback([&role, arguments, options] {
    role = [arguments, options] {
      auto settings = begin_role("publish", *arguments);
      if (!settings) return 1;
      options->settings = *std::move(settings);
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
  command->add_option("--content-type", options->content_type);
  command->add_option("--cover", options->cover);
  command->callback([&role, options] {
    role = [options] {
      start_log("import", "", "info");
      return run_import(*options);
    };
  });
}

void add_server(CLI::App& command, ApiServer& server) {
  command.add_option("--server", server.url, "http://host:port or https://host:port");
  command
      .add_option(
          "--certificate", server.certificate,
          "PEM file with the server's certificate, if no authority of this machine knows it")
      ->check(CLI::ExistingFile);
}

void add_robot(CLI::App& app, Role& role) {
  CLI::App* command = app.add_subcommand("robot", "WebRTC clients that talk and listen");
  auto options = std::make_shared<RobotOptions>();
  add_server(*command, options->server);
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
  add_server(*command, options->server);
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

}  // namespace
}  // namespace shelcaster::app

int main(int argc, char** argv) {
  using namespace shelcaster::app;
  run_command_line(argc, argv, "shelcaster",
                   "Shelcaster puts a live radio show with callers on the air",
                   {add_serve, add_publish, add_import, add_robot, add_demo});
}
