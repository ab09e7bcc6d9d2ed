#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/config/show_settings.hpp"

namespace shelcaster::app {

/// What the chosen subcommand does; the process's exit code.
using Role = std::function<int()>;

/// Adds one subcommand, which sets the role when it is chosen.
using AddRole = void (*)(CLI::App& app, Role& role);

/// Who has a show says for which it speaks. `level`: debug, info, warn or error.
void start_log(const std::string& role, const std::string& show_id, const std::string& level);

/// What each process of a show is told on its command line; `show_id` is set by it.
struct ShowArguments {
  std::string show_id;
  int settings_fd = -1;
};
void add_show_arguments(CLI::App& command, ShowArguments& arguments);
/// Takes over the settings and starts the log. Nothing: they can't be used, which has been told.
std::optional<ShowSettings> begin_role(const std::string& role, const ShowArguments& arguments);

/// The whole of main(): reads the command line and runs the role. Does not return.
[[noreturn]] void run_command_line(int argc, char** argv, const char* program,
                                   const char* description, const std::vector<AddRole>& roles);

}  // namespace shelcaster::app
