#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "app/command/command_line.hpp"
#include "app/keeper/keeper_role.hpp"
#include "app/mix/mix_role.hpp"
#include "base/log.hpp"
#include "launch/program.hpp"

// The two roles that a show can't do without, apart from the other ones: here no media library is
// linked, so that neither their memory nor their start pays for any.

namespace shelcaster::app {
namespace {

void add_compose(CLI::App& app, Role& role) {
  CLI::App* command = app.add_subcommand("compose", "the keeper of one show (started by serve)");
  auto arguments = std::make_shared<ShowArguments>();
  auto options = std::make_shared<KeeperOptions>();
  add_show_arguments(*command, *arguments);
  command->add_option("--data", options->data_dir)->required();
  command->add_flag("--resume", options->is_resumed);
  command->add_option("--link", options->link_path);
  command->callback([&role, arguments, options] {
    role = [arguments, options] {
      auto settings = begin_role("compose", *arguments);
      if (!settings) return 1;
      const auto publisher = launch::Sibling::open("shelcaster");
      if (!publisher) {
        base::log::error("keeper", "{}", publisher.error().message);
        return 1;
      }
      options->show_id = arguments->show_id;
      options->settings = *std::move(settings);
      options->mix_program = launch::own_executable();
      options->publish_program = publisher->path();
      return run_keeper(*options);
    };
  });
}

void add_mix(CLI::App& app, Role& role) {
  CLI::App* command = app.add_subcommand("mix", "the mixer of one show (started by compose)");
  auto arguments = std::make_shared<ShowArguments>();
  auto options = std::make_shared<MixOptions>();
  add_show_arguments(*command, *arguments);
  command->add_option("--link-fd", options->link_fd)->required();
  command->add_option("--udp-fd", options->udp_fd)->required();
  command->add_option("--tape-fd", options->tape_fd)->required();
  command->add_option("--checkpoint-fd", options->checkpoint_fd)->required();
  command->callback([&role, arguments, options] {
    role = [arguments, options] {
      auto settings = begin_role("mix", *arguments);
      if (!settings) return 1;
      options->settings = *std::move(settings);
      return run_mix(*options);
    };
  });
}

}  // namespace
}  // namespace shelcaster::app

int main(int argc, char** argv) {
  using namespace shelcaster::app;
  run_command_line(argc, argv, "shelcaster-show", "One show of Shelcaster (started by serve)",
                   {add_compose, add_mix});
}
