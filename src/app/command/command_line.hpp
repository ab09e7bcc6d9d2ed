#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace shelcaster::app {

/// What the chosen subcommand does; the process's exit code.
using Role = std::function<int()>;

/// Adds one subcommand, which sets the role when it is chosen.
using AddRole = void (*)(CLI::App& app, Role& role);

/// Children say for which show they speak. `level`: debug, info, warn or error.
void start_log(const std::string& role, const std::string& show_id, const std::string& level);

/// The whole of main(): reads the command line and runs the role. Does not return.
[[noreturn]] void run_command_line(int argc, char** argv, const char* program,
                                   const char* description, const std::vector<AddRole>& roles);

}  // namespace shelcaster::app
