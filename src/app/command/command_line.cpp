#include "app/command/command_line.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "app/command/private_memory.hpp"
#include "base/log.hpp"

namespace shelcaster::app {
namespace {

namespace log = base::log;

log::Level level_of(const std::string& name) {
  if (name == "debug") return log::Level::kDebug;
  if (name == "warn") return log::Level::kWarn;
  if (name == "error") return log::Level::kError;
  return log::Level::kInfo;
}

int run(int argc, char** argv, const char* program, const char* description,
        const std::vector<AddRole>& roles) {
  CLI::App app(description, program);
  app.require_subcommand(1);
  Role role;
  for (const AddRole add : roles) add(app, role);
  CLI11_PARSE(app, argc, argv);
  return role();
}

}  // namespace

void start_log(const std::string& role, const std::string& show_id, const std::string& level) {
  log::start(show_id.empty() ? role : role + " " + show_id, level_of(level));
}

void add_show_arguments(CLI::App& command, ShowArguments& arguments) {
  command.add_option("--show-id", arguments.show_id)->required();
  command.add_option(
      "--settings-fd", arguments.settings_fd,
      "descriptor of a JSON file: {\"opus.returns_channels\":1, ...} by the names of "
      "config/shelcaster.toml; without it the defaults");
}

std::optional<ShowSettings> begin_role(const std::string& role, const ShowArguments& arguments) {
  const auto settings = take_show_settings(arguments.settings_fd);
  start_log(role, arguments.show_id, settings ? settings->log_level : "info");
  if (settings) return *settings;
  log::error("settings", "{}", settings.error().message);
  return std::nullopt;
}

void run_command_line(int argc, char** argv, const char* program, const char* description,
                      const std::vector<AddRole>& roles) {
  keep_memory_private();
  int code = 1;
  try {
    code = run(argc, argv, program, description, roles);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", program, error.what());
  }
  // A thread that hangs in a dead destination or download is left where it is: static destructors
  // may not pull its libraries away from under it.
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace shelcaster::app
